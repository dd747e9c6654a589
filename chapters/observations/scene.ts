/**
 * What an observation has to work with: a Kafka, a name that nobody else uses, for its topic and its group, and members of that group, which are programs of
 * their own that poll until they are closed, killed or frozen.
 */
import type { Consumer, ConsumerRecord, ConsumerSettings, Kafka, Task } from '../../lib/index.ts';

/** Settings with which nothing takes long. */
export const quick = {
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  heartbeatIntervalMs: 200,
  sessionTimeoutMs: 10_000,
} as const satisfies ConsumerSettings;

/** For members that are to be given up for their silence. */
export const shortSession = { sessionTimeoutMs: 1500 } as const satisfies ConsumerSettings;

/** How a member works on an event; the next is taken when it is done. */
export type Work = (event: ConsumerRecord, consumer: Consumer, own: Kafka) => Promise<unknown>;

export interface MemberSettings extends ConsumerSettings {
  /** Default: the topic of the scene. */
  readonly topics?: readonly string[];
  /** Default: nothing. */
  readonly work?: Work;
}

/** A member of the group, as it was after its last poll. */
export class Member {
  /** The values that it was handed, in order. */
  readonly values: string[] = [];
  /** The calls of its callbacks, as `assigned 0 1`. */
  readonly calls: string[] = [];
  owned: number[] = [];
  /** The number of the last round in which it took part; -1: it is not in the group. */
  generation = -1;
  memberId = '';
  /** Of the first error that poll has thrown, the name; it ends the program. */
  error = '';
  isClosing = false;
  isClosed = false;
  #task: Task | undefined;

  get task(): Task {
    if (this.#task === undefined) throw new Error('this member has not been started');
    return this.#task;
  }

  start(kafka: Kafka, name: string, topics: readonly string[], settings: ConsumerSettings, work: Work): void {
    this.#task = kafka.world.spawn(name, async (own) => {
      const consumer = own.consumer(settings);
      const note = (what: string) => (partitions: readonly { partition: number }[]) => {
        this.calls.push(`${what} ${inOrder(partitions)}`.trimEnd());
      };
      await consumer.subscribe(topics, {
        onPartitionsRevoked: note('revoked'),
        onPartitionsAssigned: note('assigned'),
        onPartitionsLost: note('lost'),
      });
      try {
        while (!this.isClosing) await this.#turn(consumer, own, work);
      } catch (error) {
        this.error = nameOf(error);
      }
      await consumer.close();
      this.isClosed = true;
    });
  }

  async #turn(consumer: Consumer, own: Kafka, work: Work): Promise<void> {
    const events = await consumer.poll('100 ms');
    this.owned = consumer
      .assignment()
      .map(({ partition }) => partition)
      .sort((one, other) => one - other);
    ({ generationId: this.generation, memberId: this.memberId } = consumer.groupMetadata());
    for (const event of events) {
      this.values.push(String(event.value));
      await work(event, consumer, own);
    }
  }
}

export class Scene {
  readonly kafka: Kafka;
  /** The name of its topic and of its group. */
  readonly name: string;

  constructor(kafka: Kafka, name: string) {
    this.kafka = kafka;
    this.name = name;
  }

  /** Makes the topic of the scene, with these values in partition 0, and answers its name. */
  async topic(partitions = 1, values: readonly string[] = []): Promise<string> {
    await this.kafka.admin().createTopics({ [this.name]: partitions });
    await this.send(values);
    return this.name;
  }

  /** Writes values to one partition, one after the other. */
  async send(values: readonly string[], partition = 0): Promise<void> {
    const producer = this.kafka.producer();
    for (const value of values) await producer.send({ topic: this.name, partition, key: 'Ada', value });
    await producer.close();
  }

  /** What its consumers are set to. */
  get settings() {
    return { groupId: this.name, ...quick };
  }

  /** Another topic and group of the same observation. */
  beside(name: string): Scene {
    return new Scene(this.kafka, `${this.name}-${name}`);
  }

  /** A consumer of the group that the observation polls by itself. */
  consumer(settings: ConsumerSettings = {}): Consumer {
    return this.kafka.consumer({ ...this.settings, ...settings });
  }

  /** Starts a member; it may be anywhere in its first round when this returns. */
  start(name: string, { topics = [this.name], work = async () => {}, ...settings }: MemberSettings = {}): Member {
    const member = new Member();
    member.start(this.kafka, name, topics, { ...this.settings, ...settings }, work);
    return member;
  }

  /** Starts a member and waits until it owns as many partitions. */
  async join(name: string, owned: number, settings: MemberSettings = {}): Promise<Member> {
    const member = this.start(name, settings);
    await this.kafka.world.until(() => member.owned.length === owned && member.generation >= 0);
    return member;
  }

  /** Waits until the members own as many partitions, each after a poll in the same round. */
  async settled(members: readonly Member[], ...owned: number[]): Promise<void> {
    await this.kafka.world.until(
      () =>
        members.every((member, index) => member.owned.length === owned[index]) &&
        members.every(({ generation }) => generation === members[0].generation),
    );
  }

  /** The same for members of which it does not matter who has which: `sizes` as `0 1 1`, the smallest first. */
  async shared(members: readonly Member[], sizes: string): Promise<void> {
    await this.kafka.world.until(
      () => sharesOf(members) === sizes && members.every(({ generation }) => generation === members[0].generation),
    );
  }

  async close(member: Member): Promise<void> {
    member.isClosing = true;
    await this.kafka.world.until(() => member.isClosed);
  }

  /** Writes a value until the member has seen one, and answers the first that it has seen. It may take a moment until a member knows where the end is. */
  async firstSeen(member: Member, value: string, partition = 0): Promise<string> {
    while (member.values.length === 0) {
      await this.send([value], partition);
      await this.kafka.world.pass('300 ms');
    }
    return member.values[0];
  }

  /** What the group has committed for a partition; undefined: nothing. */
  async committed(partition = 0): Promise<number | undefined> {
    const here = { topic: this.name, partition };
    const [offset] = await this.kafka.admin().listConsumerGroupOffsets(this.name, [here]);
    return offset?.offset;
  }
}

/** How many partitions the members have, the smallest number first. */
export function sharesOf(members: readonly Member[]): string {
  return members
    .map(({ owned }) => owned.length)
    .sort((one, other) => one - other)
    .join(' ');
}

/** Polls until as many records have come. */
export async function read(kafka: Kafka, consumer: Consumer, count: number): Promise<ConsumerRecord[]> {
  const records: ConsumerRecord[] = [];
  const deadline = kafka.world.now() + 30_000;
  while (records.length < count) {
    if (kafka.world.now() > deadline) throw new Error(`${records.length} of ${count} records came`);
    records.push(...(await consumer.poll('100 ms')));
  }
  return records;
}

/** The numbers of partitions, in order. */
export function inOrder(partitions: readonly { readonly partition: number }[]): string {
  return partitions
    .map(({ partition }) => partition)
    .sort((one, other) => one - other)
    .join(' ');
}

/** How an error is known: by the name of its class, or of Kafka's error code. */
export function nameOf(error: unknown): string {
  const { name, error: code } = error as { name: string; error?: { name: string } };
  return code?.name ?? name;
}

/** What an attempt ends with: the name of the error, or `no error`. */
export async function outcome(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(() => 'no error', nameOf);
}
