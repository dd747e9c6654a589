/**
 * Frames a second through the simulator: four producers that wait for each answer, and a group of three that reads, with the trace on and
 * a checker that watches every event. A frame is a request or a response, encoded, carried and decoded as on a real wire.
 */
import type { TraceEvent } from '../../lib/index.ts';
import { load } from './harness.ts';

const { simulate } = await load<typeof import('../../lib/sim/simulate.ts')>('sim/simulate');

const AT_LEAST = 20_000;
const RUNS = 10;
const WORLD_TIME = '4 s';

/** Throws when offsets are given out twice or left out, or when a high watermark goes back or passes the end of its log. */
function checker(): (event: TraceEvent) => void {
  const ends = new Map<string, number>();
  const highWatermarks = new Map<string, number>();
  return ({ what, detail }) => {
    if (what !== 'partition.append' && what !== 'partition.highWatermark') return;
    const key = `${detail.topic}-${detail.partition}`;
    const end = ends.get(key) ?? 0;
    if (what === 'partition.append') {
      if (detail.baseOffset !== end) throw new Error(`${key}: appended at ${detail.baseOffset}, the end was ${end}`);
      ends.set(key, end + Number(detail.count));
    } else {
      const offset = Number(detail.offset);
      if (offset < (highWatermarks.get(key) ?? 0) || offset > end)
        throw new Error(`${key}: high watermark ${offset} of ${end}`);
      highWatermarks.set(key, offset);
    }
  };
}

/** Frames a second of real time. */
async function once(seed: number): Promise<number> {
  const kafka = await simulate({ seed, topics: { ledger: 4 }, config: { 'group.initial.rebalance.delay.ms': '0' } });
  let frames = 0;
  kafka.cluster.trace.watch(checker());
  kafka.cluster.trace.watch(({ what }) => {
    if (what === 'request.sent' || what === 'response.sent') frames++;
  });
  for (const number of [0, 1, 2, 3]) {
    kafka.world.spawn(`writer-${number}`, async (kafka) => {
      const producer = kafka.producer();
      for (let count = 0; ; count++)
        await producer.send({ topic: 'ledger', partition: number, value: `deposit ${count}` });
    });
  }
  for (const number of [0, 1, 2]) {
    kafka.world.spawn(`member-${number}`, async (kafka) => {
      const consumer = kafka.consumer({ groupId: 'ledger' });
      await consumer.subscribe(['ledger']);
      for (;;) await consumer.poll('1 s');
    });
  }
  const started = performance.now();
  await kafka.world.pass(WORLD_TIME);
  const seconds = (performance.now() - started) / 1000;
  await kafka.close();
  return frames / seconds;
}

/** The fastest of several runs counts: what else a machine is doing can only slow a run down. */
export async function bench(): Promise<boolean> {
  let fastest = 0;
  for (let run = 1; run <= RUNS; run++) fastest = Math.max(fastest, await once(run));
  const good = fastest >= AT_LEAST;
  const figure = Math.round(fastest / 100) * 100;
  console.log(`simulator, trace and checks on: ${figure} frames/s, at least ${AT_LEAST}${good ? '' : ': TOO SLOW'}`);
  return good;
}
