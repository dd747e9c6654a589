/**
 * A world for one experiment: a simulated Kafka whose groups meet at once, members that run beside the experiment, and what they were asked and told.
 *
 * Experiments say in their titles which rows of the list (rows/) they are about. They run in virtual time, so that a session of 45 s or a
 * poll interval of five minutes has the length that it has in Kafka.
 */
import {
  type Consumer,
  type ConsumerRecord,
  type ConsumerSettings,
  type Kafka,
  type SimulatedKafka,
  type SimulateSettings,
  simulate,
  type Task,
  type TopicPartition,
} from '../../lib/index.ts';

export const ledger0 = { topic: 'ledger', partition: 0 };
export const upTo = (end: number, from = 0) => Array.from({ length: end - from }, (_, index) => from + index);
export const offsetsOf = (records: readonly ConsumerRecord[]) => records.map(({ offset }) => offset);
export const namesOf = (partitions: readonly TopicPartition[]) =>
  partitions
    .map(({ topic, partition }) => `${topic}-${partition}`)
    .sort()
    .join(' ');

/** What a member has been told and handed so far. */
export interface Member {
  readonly task: Task;
  readonly consumer: Consumer;
  /** Its callbacks: `assigned ledger-0 ledger-1`, `revoked …`, `lost …`, with the time of each. */
  readonly calls: string[];
  readonly callTimes: number[];
  /** The records that its work is done with. */
  readonly records: ConsumerRecord[];
}

export interface MemberSettings extends ConsumerSettings {
  readonly topics?: readonly string[];
  /** What is done with each record, between two polls. Default: nothing, at once. */
  readonly work?: (record: ConsumerRecord, own: Kafka, consumer: Consumer) => unknown;
  /** Called inside the callback when partitions are revoked or lost. */
  readonly losing?: (consumer: Consumer, partitions: readonly TopicPartition[]) => Promise<void>;
}

export class Stage {
  readonly kafka: SimulatedKafka;

  constructor(kafka: SimulatedKafka) {
    this.kafka = kafka;
  }

  /** Puts records `0`, `1` and so on into a partition. */
  async write(count: number, topic = 'ledger', partition = 0): Promise<void> {
    const producer = this.kafka.producer({ clientId: 'writer' });
    await producer.send(upTo(count).map((index) => ({ topic, partition, value: String(index) })));
    await producer.close();
  }

  /** A consumer in front, of the group `bank`, which reads from the beginning. */
  reader(settings: ConsumerSettings = {}): Consumer {
    return this.kafka.consumer({ groupId: 'bank', autoOffsetReset: 'earliest', clientId: 'reader', ...settings });
  }

  /** The same, subscribed, with the first records that came. */
  async reading(settings: ConsumerSettings = {}): Promise<{ consumer: Consumer; records: ConsumerRecord[] }> {
    const consumer = this.reader(settings);
    await consumer.subscribe(['ledger']);
    return { consumer, records: await some(consumer) };
  }

  /** A member of the group `bank` in a program of its own, which polls for ever. */
  member(name: string, settings: MemberSettings = {}): Member {
    const { topics = ['ledger'], work = () => {}, losing = async () => {}, ...own } = settings;
    const seen = { calls: [] as string[], callTimes: [] as number[], records: [] as ConsumerRecord[] };
    const noting = (what: string, kafka: Kafka) => (partitions: readonly TopicPartition[]) => {
      seen.calls.push(`${what} ${namesOf(partitions)}`.trim());
      seen.callTimes.push(kafka.world.now());
    };
    let consumer: Consumer | undefined;
    const task = this.kafka.world.spawn(name, async (kafka) => {
      const reader = kafka.consumer({ groupId: 'bank', autoOffsetReset: 'earliest', clientId: name, ...own });
      consumer = reader;
      const gives = (what: string) => async (partitions: readonly TopicPartition[]) => {
        noting(what, kafka)(partitions);
        await losing(reader, partitions);
      };
      await reader.subscribe(topics, {
        onPartitionsAssigned: noting('assigned', kafka),
        onPartitionsRevoked: gives('revoked'),
        onPartitionsLost: gives('lost'),
      });
      for (;;) {
        for (const record of await reader.poll('1 s')) {
          await work(record, kafka, reader);
          seen.records.push(record);
        }
      }
    });
    return {
      ...seen,
      task,
      get consumer() {
        if (consumer === undefined) throw new Error(`${name} has not begun: let some time pass first`);
        return consumer;
      },
    };
  }

  /** Waits until the group is at work with so many members. */
  async stable(members: number, within = '10 min'): Promise<void> {
    const { cluster, world } = this.kafka;
    const group = () => cluster.group('bank');
    await world.until(() => group()?.state === 'Stable' && group()?.members.length === members, { within });
  }

  get generation(): number {
    return this.kafka.cluster.group('bank')?.generationId ?? -1;
  }

  /** The names of the clients that are members, sorted. */
  get members(): string[] {
    return (this.kafka.cluster.group('bank')?.members ?? []).map(({ clientId }) => clientId).sort();
  }

  /** What the group has committed for a partition; undefined: nothing. */
  stored(partition = 0, topic = 'ledger'): number | undefined {
    return this.kafka.cluster.committed('bank')[topic]?.[partition];
  }

  /** The commits that were acknowledged, by time and offset. */
  get commits(): { at: number; offset: number }[] {
    return this.kafka.cluster.trace.events
      .filter(({ what }) => what === 'consumer.committed')
      .map(({ at, detail }) => ({ at, offset: Number(detail.offset) }));
  }

  asked(api: Parameters<SimulatedKafka['cluster']['requests']['count']>[0], clientId?: string): number {
    return this.kafka.cluster.requests.count(api, clientId);
  }
}

/** Polls until there is something. */
export async function some(consumer: Consumer): Promise<ConsumerRecord[]> {
  for (let polls = 0; polls < 100; polls++) {
    const records = await consumer.poll('1 s');
    if (records.length > 0) return records;
  }
  throw new Error('no records in 100 s');
}

export const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('this should have failed');
    },
    (error) => error,
  );

/** An experiment in a world of its own; without `settings` with the topic `ledger` of one partition. */
export function inWorld(run: (at: Stage) => Promise<void>, settings: SimulateSettings = {}): () => Promise<void> {
  return async () => {
    const config = { 'group.initial.rebalance.delay.ms': '0', ...settings.config };
    const kafka = await simulate({ topics: { ledger: 1 }, ...settings, config });
    await run(new Stage(kafka));
    await kafka.close();
  };
}
