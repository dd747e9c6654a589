/**
 * A world in which a little of everything happens, for the question "is it the same again?": two members of a group, a producer, a member that
 * is frozen, one that is crashed, and a broker that is killed and started again.
 *
 * Run as a program it prints the hash of its trace: `tsx test/sim/storm.ts 7`.
 */
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Kafka, simulate } from '../../lib/index.ts';

const settings = {
  groupId: 'ledger',
  autoOffsetReset: 'earliest',
  sessionTimeoutMs: 6000,
  heartbeatIntervalMs: 1000,
} as const;

async function member(kafka: Kafka): Promise<void> {
  const consumer = kafka.consumer(settings);
  await consumer.subscribe(['account']);
  for (;;) {
    const records = await consumer.poll('500 ms');
    for (const { offset } of records) await kafka.world.effect(`apply ${offset}`, () => {}, { takes: 3 });
    await consumer.commitSync().catch(() => {});
  }
}

async function writer(kafka: Kafka): Promise<void> {
  const producer = kafka.producer({ lingerMs: 5 });
  for (let count = 0; count < 200; count++) {
    await producer.send({ topic: 'account', key: `owner-${count % 7}`, value: String(count) });
    await kafka.world.sleep(50);
  }
}

/** What a run leaves behind, to compare it with another run. */
export interface Remains {
  readonly hash: string;
  readonly events: number;
}

export async function storm(seed: number): Promise<Remains> {
  const kafka = await simulate({ seed, topics: { account: 3 } });
  const [first, second] = ['first', 'second'].map((name) => kafka.world.spawn(name, member));
  kafka.world.spawn('writer', writer);
  await kafka.world.pass('5 s');
  first.freeze();
  await kafka.world.pass('2 s');
  kafka.cluster.crash(0);
  await kafka.cluster.restart(0);
  first.thaw();
  await kafka.world.pass('3 s');
  second.crash();
  kafka.world.spawn('third', member);
  await kafka.world.pass('20 s');
  await kafka.close();
  const { hash, count } = kafka.cluster.trace;
  return { hash, events: count };
}

if (argv[1] === fileURLToPath(import.meta.url)) console.log((await storm(Number(argv[2]))).hash);
