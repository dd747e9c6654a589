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

  /** Polls until something is heard. */
  async pollUntilHeard(): Promise<void> {
    for (let rounds = 0; rounds < 100 && this.heard.length === 0; rounds++) await this.poll();
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

/** Polls all until so many partitions are with each, in the order of size, and then for a while. */
export async function settle(readers: readonly Reader[], ...sizes: readonly number[]): Promise<void> {
  const wanted = [...sizes].sort().join();
  const isDone = () =>
    readers
      .map(({ size }) => size)
      .sort()
      .join() === wanted;
  for (let rounds = 0; rounds < 300 && !isDone(); rounds++) await Promise.all(readers.map((one) => one.poll()));
  for (let rounds = 0; rounds < 6; rounds++) await Promise.all(readers.map((one) => one.poll()));
}

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
