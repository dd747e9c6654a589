/**
 * Our broker in a process of its own, from dist/, one file a module so that the profile can tell them apart. It prints its address, and ends
 * when its input does. After the line `profile` it looks at itself until the line `end`, which it answers with where the time went: milliseconds
 * by kind of work, one line of JSON.
 */
import { Session } from 'node:inspector/promises';
import { createInterface } from 'node:readline';

/** @type {typeof import('../../../lib/node/index.ts')} */
const { serve } = await import(new URL('../../../dist/modules/node/index.js', import.meta.url).href);

const [dataDir] = process.argv.slice(2);
const kafka = await serve({ port: 0, dataDir, config: { 'group.initial.rebalance.delay.ms': '0' } });
console.log(kafka.bootstrap);
const session = new Session();
session.connect();
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'profile') {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
  } else {
    const { profile } = await session.post('Profiler.stop');
    console.log(JSON.stringify(byKind(profile)));
  }
}
await kafka.close();
process.exit();

/** @param {import('node:inspector').Profiler.Profile} profile */
function byKind({ nodes, samples = [], timeDeltas = [] }) {
  const kinds = new Map(nodes.map(({ id, callFrame }) => [id, kindOf(callFrame)]));
  /** @type {Record<string, number>} */
  const times = {};
  for (const [index, id] of samples.entries()) {
    const kind = kinds.get(id) ?? 'other';
    times[kind] = (times[kind] ?? 0) + timeDeltas[index] / 1000;
  }
  return times;
}

/** @param {import('node:inspector').Runtime.CallFrame} frame */
function kindOf({ functionName, url }) {
  if (functionName === '(idle)') return 'idle';
  if (functionName === '(garbage collector)') return 'memory';
  if (functionName === 'crc32c') return 'checksum';
  if (/\/(log|cluster|records)\/|\/(files|memoryDisk|file)\.js$/.test(url)) return 'log';
  if (/\/dist\//.test(url) && !url.endsWith('/tcp.js')) return 'requests';
  // The rest is Node's: streams, and the calls of the system that it makes.
  return 'system';
}
