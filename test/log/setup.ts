/** What the tests of the log share: a host with a disk of its own, and batches to put into a log. */

import { crc32c } from '../../lib/bytes/crc32c.ts';
import type { Log } from '../../lib/log/log.ts';
import { type BatchSettings, batchesIn, decodeBatch, encodeBatch, HEADER_BYTES } from '../../lib/records/batch.ts';
import type { Host } from '../../lib/trace/host.ts';
import { Trace } from '../../lib/trace/trace.ts';
import { codecs } from '../records/codecs.ts';
import { TestDisk } from './disk.ts';

export const FOLDER = 'ledger-0';
export const FIRST = `${FOLDER}/00000000000000000000`;

export interface LogHost extends Host {
  readonly disk: TestDisk;
}

const never = (): never => {
  throw new Error('a log needs nothing of this');
};

/** A host of which only the disk, the codecs and the trace are there: a log has no use for the rest. */
export function hostWith(disk = new TestDisk()): LogHost {
  const clock = { monotonicMs: () => 0, wallMs: never, after: never, sleep: never };
  const network = { listen: never, connect: never };
  const random = { nextU32: never, fork: never };
  return { name: 'broker-1', clock, network, disk, random, codecs, trace: new Trace(clock) };
}

export function batchOf(values: readonly string[], settings: BatchSettings & { timestamp?: number } = {}): Uint8Array {
  const { timestamp = 1000, ...rest } = settings;
  const value = (text: string) => new TextEncoder().encode(text);
  return encodeBatch(
    values.map((text, index) => ({ timestamp: timestamp + index, key: null, value: value(text), headers: [] })),
    rest,
    codecs,
  );
}

/** A batch of which somebody has changed bytes, and computed the checksum that goes with them: a log takes it as it is. */
export function changed(batch: Uint8Array, change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = batch.slice();
  change(bytes);
  new DataView(bytes.buffer).setUint32(17, crc32c(bytes, 21));
  return bytes;
}

/** A batch whose records nobody can take apart. */
export function unreadable(batch: Uint8Array): Uint8Array {
  return changed(batch, (bytes) => bytes.fill(0xff, HEADER_BYTES));
}

/** The values of all records in some bytes of a log, with their offsets: `5:hello`. */
export function valuesIn(bytes: Uint8Array): string[] {
  const words = (value: Uint8Array | null) => new TextDecoder().decode(value ?? new Uint8Array(0));
  return [...batchesIn(bytes)]
    .flatMap((batch) => decodeBatch(batch.bytes, codecs))
    .map(({ offset, value }) => `${offset}:${words(value)}`);
}

/** Everything from `offset` on, fetch by fetch, as a consumer would read it. */
export async function readAll(log: Log, offset = log.logStartOffset): Promise<string[]> {
  const found: string[] = [];
  for (let next = offset; next < log.logEndOffset; ) {
    const values = valuesIn(await log.read(next, 1000, log.logEndOffset));
    if (values.length === 0) throw new Error(`nothing at offset ${next}`);
    const wanted = values.filter((value) => Number.parseInt(value, 10) >= next);
    found.push(...wanted);
    next = Number.parseInt(wanted[wanted.length - 1], 10) + 1;
  }
  return found;
}

/** Appends batches of one record each, `r0` to `r(count - 1)`, and waits for them. */
export async function fill(log: Log, count: number, valueBytes = 2): Promise<string[]> {
  const values = Array.from({ length: count }, (_, index) => `r${index}`.padEnd(valueBytes, '.'));
  await Promise.all(values.map((value, index) => log.append(batchOf([value], { timestamp: 1000 + index }), 0).written));
  return values.map((value, index) => `${index}:${value}`);
}
