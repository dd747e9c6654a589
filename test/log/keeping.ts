/** A host whose clock a test sets, and batches with keys, for tests of what a log does with its old records. */
import { Log, type LogSettings } from '../../lib/log/log.ts';
import { type BatchSettings, batchesIn, decodeBatch, encodeBatch } from '../../lib/records/batch.ts';
import { codecs } from '../records/codecs.ts';
import type { TestDisk } from './disk.ts';
import { FOLDER, hostWith, type LogHost } from './setup.ts';

export interface Timed {
  readonly host: LogHost;
  now: number;
}

/** A host on `disk` whose wall clock shows what `now` says. */
export function timedHost(now = 0, disk?: TestDisk): Timed {
  const host = hostWith(disk);
  const timed: Timed = { now, host: { ...host, clock: { ...host.clock, wallMs: () => timed.now } } };
  return timed;
}

/** Records `key=value` as one batch; `key=` is a tombstone, and `=value` has no key. */
export function keyed(words: readonly string[], settings: BatchSettings & { timestamp?: number } = {}): Uint8Array {
  const { timestamp = 1000, ...rest } = settings;
  const bytes = (text: string) => (text === '' ? null : new TextEncoder().encode(text));
  const records = words.map((word) => {
    const [key, value] = word.split('=');
    return { timestamp, key: bytes(key), value: bytes(value), headers: [] };
  });
  return encodeBatch(records, rest, codecs);
}

/** All records of a log as `offset:key=value`, read as a consumer would. */
export async function wordsOf(log: Log): Promise<string[]> {
  const text = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes ?? new Uint8Array(0));
  const words: string[] = [];
  for (let offset = log.logStartOffset; offset < log.logEndOffset; ) {
    for (const { header, bytes } of batchesIn(await log.read(offset, 400, log.logEndOffset))) {
      for (const { offset: at, key, value } of decodeBatch(bytes, codecs)) {
        if (at >= log.logStartOffset) words.push(`${at}:${text(key)}=${text(value)}`);
      }
      offset = header.baseOffset + header.lastOffsetDelta + 1;
    }
  }
  return words;
}

export function openLog(timed: Timed, settings: LogSettings): Promise<Log> {
  return Log.open(timed.host, FOLDER, settings);
}

/** Appends each group of words as a batch, and waits for them. */
export async function put(log: Log, batches: readonly (readonly string[])[], settings = {}): Promise<void> {
  await Promise.all(batches.map((words) => log.append(keyed(words, settings), 0).written));
}

/** The base offsets of the segments on a disk. */
export function segmentsOn({ disk }: LogHost): number[] {
  return [...disk.files.keys()].filter((path) => path.endsWith('.log')).map((path) => Number(path.slice(-24, -4)));
}
