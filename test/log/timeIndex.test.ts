import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Log } from '../../lib/log/log.ts';
import { batchOf, FIRST, FOLDER, hostWith } from './setup.ts';

const settings = { segmentBytes: 2000, indexIntervalBytes: 250 };

/** A closed log with a batch of one record for each of these times. */
async function logOf(times: readonly number[]) {
  const host = hostWith();
  const log = await Log.open(host, FOLDER, settings);
  await Promise.all(times.map((timestamp) => log.append(batchOf(['some value'], { timestamp }), 0).written));
  await log.close();
  return host.disk;
}

/** What a look-up must answer: the first record that is as late. */
function expected(times: readonly number[], timestamp: number): number | null {
  const offset = times.findIndex((time) => time >= timestamp);
  return offset === -1 ? null : offset;
}

const indexesOf = (disk: { files: Map<string, unknown> }) =>
  [...disk.files.keys()].filter((path) => path.endsWith('.timeindex'));

describe('a look-up by time', () => {
  test('finds the first record that is as late, in whatever order the times are', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(times, fc.boolean(), async (offsets, restart) => {
        const all = offsets.map((time) => 1000 + time);
        const disk = await logOf(all);
        const log = await Log.open(hostWith(restart ? disk : disk.afterKill()), FOLDER, settings);
        for (let time = 999; time <= 1061; time += 3) {
          expect((await log.offsetForTime(time))?.offset ?? null, `${time}`).toBe(expected(all, time));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('reads a few batches, not the log', async () => {
    const times = Array.from({ length: 400 }, (_, index) => 1000 + index);
    const host = hostWith(await logOf(times));
    const log = await Log.open(host, FOLDER, settings);
    await log.offsetForTime(1000 + 350);
    host.disk.did.length = 0;
    expect((await log.offsetForTime(1000 + 200))?.offset).toBe(200);
    expect(host.disk.did.filter((what) => what.startsWith('read')).length).toBeLessThan(6);
  });
});

describe('the file of the time index', () => {
  test("has Kafka's format: a time in eight bytes, an offset from the base in four", async () => {
    const disk = await logOf(Array.from({ length: 60 }, (_, index) => 1000 + index));
    const bytes = disk.bytes(`${FIRST}.timeindex`);
    expect(bytes.length % 12).toBe(0);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let at = 0; at < bytes.length; at += 12) {
      expect(Number(view.getBigInt64(at))).toBe(1000 + view.getInt32(at + 8));
    }
    const [, second] = [...disk.files.keys()].filter((path) => path.endsWith('.log'));
    expect(view.getInt32(bytes.length - 4), 'the last entry is the latest of the segment').toBe(
      Number(second.slice(-24, -4)) - 1,
    );
  });

  test('that is lost, torn or scrambled misleads nobody', async () => {
    const times = Array.from({ length: 90 }, (_, index) => 1000 + ((index * 37) % 90));
    const disk = await logOf(times);
    const files = indexesOf(disk);
    await fc.assert(
      fc.asyncProperty(fc.nat(files.length - 1), fc.uint8Array({ maxLength: 40 }), async (which, bytes) => {
        const damaged = disk.afterKill();
        damaged.put(files[which], bytes);
        const log = await Log.open(hostWith(damaged), FOLDER, settings);
        for (let time = 1000; time <= 1090; time += 9) {
          expect((await log.offsetForTime(time))?.offset ?? null).toBe(expected(times, time));
        }
      }),
      { numRuns: 40 },
    );
    const lost = disk.afterKill();
    for (const path of files) lost.files.delete(path);
    await Log.open(hostWith(lost), FOLDER, settings);
    const full = files.slice(0, -1);
    expect(full.map((path) => lost.bytes(path))).toEqual(full.map((path) => disk.bytes(path)));
  });

  test('with any one bit changed misleads nobody', async () => {
    const times = Array.from({ length: 60 }, (_, index) => 1000 + 7 * index);
    const disk = await logOf(times);
    const path = `${FIRST}.timeindex`;
    for (let bit = 0; bit < disk.bytes(path).length * 8; bit++) {
      const damaged = disk.afterKill();
      const bytes = Uint8Array.from(disk.bytes(path));
      bytes[bit >> 3] ^= 1 << (bit & 7);
      damaged.put(path, bytes);
      const log = await Log.open(hostWith(damaged), FOLDER, settings);
      for (const time of [1000, 1050, 1100, 1200, 1420]) {
        expect((await log.offsetForTime(time))?.offset ?? null, `bit ${bit}, ${time}`).toBe(expected(times, time));
      }
    }
  });

  test('follows a truncation', async () => {
    const times = Array.from({ length: 60 }, (_, index) => 1000 + index);
    const log = await Log.open(hostWith(await logOf(times)), FOLDER, settings);
    await log.truncateTo(12);
    expect((await log.offsetForTime(1011))?.offset).toBe(11);
    expect(await log.offsetForTime(1012)).toBeNull();
    await log.append(batchOf(['new'], { timestamp: 1500 }), 0).written;
    expect((await log.offsetForTime(1400))?.offset).toBe(12);
  });
});
