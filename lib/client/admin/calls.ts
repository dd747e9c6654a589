/** What all calls of an admin client are made of: attempts until the time is over, and the way to the broker that can answer. */
import { Metadata } from '../../protocol/apis/03-metadata.ts';
import { type ErrorCode, Errors, errorOf, KafkaError } from '../../protocol/errors.ts';
import type { Api, Fields, Input, Output, ResponseOf } from '../../protocol/schema.ts';
import type { Connection } from '../../wire/connection.ts';
import type { ClientContext } from '../clientContext.ts';
import { CoordinatorClient } from '../consumer/coordinatorClient.ts';
import { ClientClosedError, isRetriable } from '../errors.ts';
import { nameOf, type TopicPartition } from '../topicPartition.ts';

export type TopicAnswer = ResponseOf<typeof Metadata>['topics'][number];

/** Errors that mean: what the client knows of the cluster is old. */
const stale: ReadonlySet<ErrorCode> = new Set([Errors.NOT_CONTROLLER, Errors.NOT_LEADER_OR_FOLLOWER]);

export class Calls {
  readonly #context: ClientContext;
  readonly timeoutMs: number;
  readonly requestTimeoutMs: number;
  isClosed = false;

  constructor(
    context: ClientContext,
    settings: { readonly defaultApiTimeoutMs: number; readonly requestTimeoutMs: number },
  ) {
    this.#context = context;
    this.timeoutMs = settings.defaultApiTimeoutMs;
    this.requestTimeoutMs = settings.requestTimeoutMs;
  }

  /** Repeats `attempt` while its errors may pass. `doing` completes "could not …". */
  async attempt<T>(doing: string, attempt: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw new ClientClosedError('this admin client has been closed: make a new one');
    return this.#context.retrying(doing, this.timeoutMs, async () => {
      try {
        return await attempt();
      } catch (error) {
        const isStale = error instanceof KafkaError ? stale.has(error.error) : isRetriable(error);
        if (isStale) this.#context.metadata.outdated();
        throw error;
      }
    });
  }

  /** What the cluster says about topics now; null: about all of them. */
  async topics(names: readonly string[] | null): Promise<readonly TopicAnswer[]> {
    const connection = await this.any();
    const topics = names === null ? null : names.map((name) => ({ name }));
    const response = await connection.send(Metadata, { topics, allowAutoTopicCreation: false });
    return response.topics;
  }

  any(): Promise<Connection> {
    return this.#context.connections.any();
  }

  async broker(brokerId: number): Promise<Connection> {
    await this.#controllerId();
    return this.#context.connections.to(brokerId);
  }

  /** The broker that takes changes, as far as metadata tells; else any, which passes them on or says whom to ask. */
  async controller(): Promise<Connection> {
    const controllerId = await this.#controllerId();
    return controllerId < 0 ? this.any() : this.#context.connections.to(controllerId);
  }

  /** Metadata tells of the controller and of all brokers together. */
  async #controllerId(): Promise<number> {
    const { metadata } = this.#context;
    if (metadata.controllerId < 0) await metadata.refresh(this.timeoutMs);
    return metadata.controllerId;
  }

  // #region atLeaders
  /** Asks the leaders of some partitions, each about its own, and answers in the order of `partitions`. A missing one is an error at once. */
  async atLeaders<P extends TopicPartition, A extends TopicPartition>(
    doing: string,
    partitions: readonly P[],
    ask: (connection: Connection, led: readonly P[]) => Promise<readonly A[]>,
  ): Promise<A[]> {
    const names = [...new Set(partitions.map(({ topic }) => topic))];
    const answered = await this.attempt(doing, async () => {
      const topics = new Map((await this.topics(names)).map((topic) => [topic.name, topic]));
      const led = new Map<number, P[]>();
      for (const partition of partitions) {
        const leader = leaderOf(topics.get(partition.topic), partition.partition);
        if (leader === 'missing') return partition;
        if (leader < 0) throw new KafkaError(Errors.LEADER_NOT_AVAILABLE, doing);
        led.set(leader, [...(led.get(leader) ?? []), partition]);
      }
      const answers = await Promise.all([...led].map(async ([leader, own]) => ask(await this.broker(leader), own)));
      return new Map(answers.flat().map((answer) => [nameOf(answer), answer]));
    });
    if (!(answered instanceof Map)) throw missing(doing, nameOf(answered));
    return partitions.flatMap((partition) => answered.get(nameOf(partition)) ?? []);
  }
  // #endregion atLeaders

  /** Asks the coordinator of a group. `ask` hands every error code to `check`, so that a coordinator that has moved is found again. */
  atCoordinator<T>(
    groupId: string,
    doing: string,
    ask: (send: Send, check: (errorCode: number) => void) => Promise<T>,
  ): Promise<T> {
    const coordinator = new CoordinatorClient(this.#context, groupId);
    const send: Send = (api, body) => coordinator.send(api, body);
    return this.attempt(doing, () =>
      ask(send, (errorCode) => {
        coordinator.heard(errorOf(errorCode));
        check(errorCode, doing);
      }),
    );
  }
}

type Send = <Q extends Fields, S extends Fields>(api: Api<Q, S>, body: Input<Q>) => Promise<Output<S>>;

/** Throws what a broker answered, if it is an error. */
export function check(errorCode: number, doing: string, message: string | null = null): void {
  if (errorCode !== 0) throw new KafkaError(errorOf(errorCode), doing, message ?? '');
}

/** A missing topic may be on its way while brokers tell each other; who names one that was never there should not have to wait. */
export function isMissing(errorCode: number): boolean {
  return errorCode === Errors.UNKNOWN_TOPIC_OR_PARTITION.code;
}

export function missing(doing: string, what: string): KafkaError {
  const hint = `There is no ${what}; listTopics() names the topics there are.`;
  return new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION, doing, hint);
}

function leaderOf(topic: TopicAnswer | undefined, index: number): number | 'missing' {
  if (topic === undefined || isMissing(topic.errorCode)) return 'missing';
  check(topic.errorCode, `find topic ${topic.name}`);
  const partition = topic.partitions.find(({ partitionIndex }) => partitionIndex === index);
  return partition?.leaderId ?? 'missing';
}
