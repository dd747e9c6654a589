/**
 * The log against the bare file: what offsets, checksums, index and queue cost on top of the same bytes written and read without them. On a
 * real file in the temporary folder, and in memory, where nothing hides the cost.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlushPolicy, Log } from '../../lib/log/log.ts';
import type { Disk, DiskFile } from '../../lib/world/world.ts';
import { compete, load } from './harness.ts';

const { Log: LogOf } = await load<typeof import('../../lib/log/log.ts')>('log/log');
const { encodeBatch } = await load<typeof import('../../lib/records/batch.ts')>('records/batch');
const { Trace } = await load<typeof import('../../lib/trace/trace.ts')>('trace/trace');
const { nodeCodecs } = await load<typeof import('../../lib/node/codecs.ts')>('node/codecs');
const { folderDisk } = await load<typeof import('../../lib/node/files.ts')>('node/files');
const { memoryDisk } = await load<typeof import('../../lib/node/memoryDisk.ts')>('node/memoryDisk');

const BATCHES = 200;
const rival = 'bare file';
const record = { timestamp: 1_700_000_000_000, key: null, value: new Uint8Array(100).fill(7), headers: [] };
const batch = encodeBatch(Array(10).fill(record), {}, nodeCodecs);

const none = () => {
  throw new Error('a log needs nothing of this');
};

function hostWith(disk: Disk) {
  const clock = { monotonicMs: () => 0, wallMs: none, after: none, sleep: none };
  const world = { clock, disk, codecs: nodeCodecs, network: { listen: none, connect: none } };
  return { ...world, random: { nextU32: none, fork: none }, name: 'bench', trace: new Trace(clock) };
}

/** Both sides begin anew from time to time, so that what is measured is not a machine without memory. */
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_RECORDS = (MOST_BYTES / batch.length) * 10;

/** Appends many batches without waiting in between, as many clients do. */
async function appendTo(log: Log): Promise<void> {
  if (log.logEndOffset > MOST_RECORDS) await log.truncateTo(0);
  let last = log.append(batch, 0);
  for (let index = 1; index < BATCHES; index++) last = log.append(batch, 0);
  await last.written;
}

async function appendBare(file: DiskFile): Promise<void> {
  if (file.size > MOST_BYTES) await file.truncate(0);
  const writes = Array.from({ length: BATCHES }, () => file.append([batch]));
  await writes[BATCHES - 1];
}

async function contests(name: string, disk: Disk): Promise<void> {
  const settings = (flush: FlushPolicy) => ({ flush, segmentBytes: 64 * 1024 * 1024 });
  const bare = await disk.open('bare');
  const log = await LogOf.open(hostWith(disk), 'log', settings('os'));
  const bytes = batch.length * BATCHES;
  const appending = { ours: () => appendTo(log), theirs: () => appendBare(bare) };
  await compete({ name: `append ${BATCHES} batches of ${batch.length} B, ${name}`, ...appending, rival, bytes });

  const careful = await LogOf.open(hostWith(disk), 'careful', settings('each-append'));
  const syncing = {
    ours: () => careful.append(batch, 0).written,
    theirs: async () => {
      await bare.append([batch]);
      await bare.sync();
    },
  };
  await compete({ name: `append one batch with each-append, ${name}`, ...syncing, rival });

  const readBytes = 1024 * 1024;
  for (let times = 0; times < 10; times++) await Promise.all([appendTo(log), appendBare(bare)]);
  const start = Math.floor(log.logEndOffset - (readBytes / batch.length) * 10);
  const reading = {
    ours: () => log.read(start, readBytes, log.logEndOffset),
    theirs: () => bare.readInto(bare.size - readBytes, new Uint8Array(readBytes)),
  };
  await compete({ name: `read 1 MiB with checksums, ${name}`, ...reading, rival, bytes: readBytes });
  await Promise.all([log.close(), careful.close(), bare.close()]);
}

export async function bench(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'kafkaito-bench-'));
  try {
    await contests('in memory', memoryDisk());
    await contests('in a file', folderDisk(folder));
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
