/**
 * Our broker in a process of its own, from dist/. It prints its address, and answers each line that it is sent with what it has used so far. After
 * the line `profile` it looks at itself, and answers the next line with that: where the time went, by function.
 */
import { Session } from 'node:inspector/promises';
import { createInterface } from 'node:readline';

/** @type {typeof import('../../../lib/node/index.ts')} */
const { serve } = await import(new URL('../../../dist/node/index.js', import.meta.url).href);

const [dataDir] = process.argv.slice(2);
const kafka = await serve({
  port: 0,
  dataDir,
  // A segment goes when the records before its end are deleted: small ones, so that a long contest needs little room.
  config: { 'group.initial.rebalance.delay.ms': '0' },
});
console.log(kafka.bootstrap);
const session = new Session();
session.connect();
let profiling = false;
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'profile') {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
    profiling = true;
  } else if (profiling) {
    profiling = false;
    const { profile } = await session.post('Profiler.stop');
    console.log(JSON.stringify(selfTimes(profile)));
  }
}
await kafka.close();
process.exit();

/**
 * @param {import('node:inspector').Profiler.Profile} profile
 * @returns {[where: string, microseconds: number][]}
 */
function selfTimes({ nodes, samples = [], timeDeltas = [] }) {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, `${callFrame.functionName} ${callFrame.url}`]));
  /** @type {Map<string, number>} */
  const times = new Map();
  for (const [index, id] of samples.entries()) {
    const place = places.get(id) ?? '';
    times.set(place, (times.get(place) ?? 0) + timeDeltas[index]);
  }
  return [...times];
}
