/**
 * A member of a group as a program has it: our own consumer, with everything that was heard from it, in order. Callbacks, errors that come out of poll, and
 * ways to poll until something has happened.
 */
import type { Consumer, ConsumerSettings, Kafka } from '../../../lib/index.ts';
import { connect } from '../../../lib/node/index.ts';
import type { Scene } from './scene.ts';
import type { Plain } from './telling.ts';

/** A consumer with all that was heard from it, in order. */
export class Reader {
  readonly consumer: Consumer;
  readonly heard: string[] = [];
  /** What the next callback throws. */
  anger: Error | undefined;
  /** The generation that it is to leave behind before it has settled. */
  beyond = 0;

  private constructor(consumer: Consumer) {
    this.consumer = consumer;
  }

  /** One that is subscribed, and has not polled yet. */
  static async subscribed(kafka: Kafka, topic: string, given: ConsumerSettings): Promise<Reader> {
    const reader = new Reader(kafka.consumer({ ...settings, ...given }));
    const note = (what: string) => (partitions: readonly { readonly partition: number }[]) => {
      reader.heard.push(`${what} ${partitions.map(({ partition }) => partition).join() || 'nothing'}`);
      const { anger } = reader;
      reader.anger = undefined;
      if (anger !== undefined) throw anger;
    };
    await reader.consumer.subscribe([topic], {
      onPartitionsRevoked: note('revoked'),
      onPartitionsAssigned: note('assigned'),
      onPartitionsLost: note('lost'),
    });
    return reader;
  }

  /** Polls once, and notes the error of it. */
  async poll(): Promise<void> {
    const error = await failing(this.consumer.poll(50));
    if (error !== 'nothing' && this.heard.at(-1) !== error) this.heard.push(error);
  }

  /** Polls until so much is heard. */
  async pollUntilHeard(count = 1): Promise<void> {
    for (let rounds = 0; rounds < 100 && this.heard.length < count; rounds++) await this.poll();
  }

  /** Asks for a rebalance, which comes with the polls that follow. */
  rejoin(): void {
    this.beyond = this.generation;
    this.consumer.enforceRebalance();
  }

  get generation(): number {
    return this.consumer.groupMetadata().generationId;
  }

  get size(): number {
    return this.consumer.assignment().length;
  }
}

export const settings = {
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  heartbeatIntervalMs: 100,
  sessionTimeoutMs: 6_000,
} as const;

/** What a call rejects with: its name and, of an error of Kafka's, that error's name. */
export async function failing(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'nothing';
  } catch (thrown) {
    const { name, message, error } = thrown as Error & { readonly error?: { readonly name: string } };
    const code = error?.name ?? /\b[A-Z]+(?:_[A-Z]+)+\b/.exec(message)?.[0];
    return code === undefined ? name : `${name} ${code}`;
  }
}

/**
 * Polls all until so many partitions are with each, in the order of size, and all are in one generation, beyond the one that each was to leave; and then for
 * a while. A broker that stalls between two polls makes it longer and not otherwise.
 */
export async function settle(readers: readonly Reader[], ...sizes: readonly number[]): Promise<void> {
  const wanted = [...sizes].sort().join();
  const isSettled = () => {
    const now = readers.map(({ size }) => size).sort();
    const generations = new Set(readers.map(({ generation }) => generation));
    return now.join() === wanted && generations.size === 1 && readers.every((one) => one.generation > one.beyond);
  };
  const pollAll = () => Promise.all(readers.map((one) => one.poll()));
  for (let rounds = 0; !isSettled(); rounds++) {
    if (rounds === 300) throw new Error(`after 300 rounds of polls the members do not have ${wanted} partitions`);
    await pollAll();
  }
  for (let rounds = 0; rounds < 6; rounds++) await pollAll();
}

/**
 * What was heard, without the rounds that brought nothing. Who gives partitions up joins the next round at once, and may be there before a slower member has
 * fetched its share of this one, which is nothing new: then that member only hears of the next round. Both are right, here as in Java.
 */
export const heardOfChanges = ({ heard }: Reader) => heard.filter((one) => one !== 'assigned nothing');

/** Runs a program against the broker of a scene, with a topic and a group of its own. */
export async function withKafka(
  scene: Scene,
  partitions: number,
  program: (given: { kafka: Kafka; topic: string; groupId: string }) => Promise<Plain>,
): Promise<Plain> {
  const topic = await scene.topic('ledger', { partitions });
  await scene.internalTopic();
  const { host, port } = scene.address;
  const kafka = await connect(`${host}:${port}`);
  try {
    return await program({ kafka, topic, groupId: scene.name('group') });
  } finally {
    await kafka.close();
  }
}
