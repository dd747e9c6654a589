import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConsumerRecord, KeyedWorkers } from '../../lib/index.ts';
import { type ServedKafka, serve, WorkerThreads, workInThread } from '../../lib/node/index.ts';
import { fresh } from '../tools/fresh.ts';

const folder = mkdtempSync(join(tmpdir(), 'kafkaito-threads-'));
let kafka: ServedKafka;

beforeAll(async () => {
  kafka = await serve({ port: 0, config: { 'group.initial.rebalance.delay.ms': '0' } });
});

afterAll(async () => {
  await kafka.close();
  rmSync(folder, { recursive: true });
});

/** A module for threads, with the library in it as the package has it: one file of JavaScript. */
async function moduleOf(name: string, code: string): Promise<URL> {
  const outfile = join(folder, `${name}.mjs`);
  const contents = `import { workInThread } from './workerThreads.ts';\n${code}`;
  const resolveDir = fileURLToPath(new URL('../../lib/node', import.meta.url));
  await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
  });
  return pathToFileURL(outfile);
}

const record = (value: string): ConsumerRecord => ({
  ...{ topic: 'ledger', partition: 0, offset: 0, timestamp: 0, key: null, headers: [], leaderEpoch: 0 },
  value,
});

describe('workers in threads', () => {
  test('a consumer gives each key its thread, and commits what is done', async () => {
    const topic = fresh('threads');
    await kafka.admin().createTopics({ [topic]: 1 });
    const producer = kafka.producer();
    const keys = [...'abcdefgh'];
    const records = [0, 1, 2].flatMap((round) => keys.map((key) => ({ topic, key, value: `${round}` })));
    await producer.send(records);
    // Each thread keeps the last value of its keys, and would not have it from another.
    const module = await moduleOf(
      'ordered',
      `const last = new Map();
      workInThread(({ key, value }) => {
        if (Number(value) !== (last.get(key) ?? -1) + 1) throw new Error(key + ' came out of order: ' + value);
        last.set(key, Number(value));
      });`,
    );
    const threads = new WorkerThreads(module, { workers: 3 });
    const consumer = kafka.consumer({ groupId: topic, autoOffsetReset: 'earliest', enableAutoCommit: false });
    const work = (record: ConsumerRecord, worker: number) => threads.work(record, worker);
    const team = new KeyedWorkers(consumer, { workers: 3, work });
    await team.subscribe([topic]);
    while ((await consumer.committed({ topic, partition: 0 }))?.offset !== 24) await team.poll('100 ms');
    await team.close();
    await threads.close();
  });

  test('what is thrown in a thread comes back as it was', async () => {
    const threads = new WorkerThreads(
      await moduleOf('failing', `workInThread(({ value }) => { if (value === 'bad') throw new RangeError('no'); });`),
      { workers: 1 },
    );
    await threads.work(record('good'), 0);
    await expect(threads.work(record('bad'), 0)).rejects.toThrow(RangeError);
    await threads.work(record('good'), 0);
    await threads.close();
  });

  test('a thread that dies leaves nobody waiting', async () => {
    const threads = new WorkerThreads(await moduleOf('dying', `workInThread(() => { process.exit(3); });`), {
      workers: 1,
    });
    await expect(threads.work(record('any'), 0)).rejects.toThrow('has ended with exit code 3');
    await expect(threads.work(record('any'), 0)).rejects.toThrow('has ended with exit code 3');
    await threads.close();
  });

  test('the other half is for threads only', () => {
    expect(() => workInThread(() => {})).toThrow('WorkerThreads');
  });
});
