import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryFile } from '../../lib/sim/file.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import { DiskFailed, DiskLocked } from '../../lib/world/errors.ts';
import type { DiskFile } from '../../lib/world/world.ts';

function disk() {
  const world = new SimulatedWorld(1);
  return { world, disk: world.disk('broker-0'), go: <T>(promise: Promise<T>) => world.drive.drive('test', promise) };
}

const bytes = (text: string) => new TextEncoder().encode(text);

function contentOf(file: Pick<MemoryFile, 'size' | 'readInto'>): string {
  const target = new Uint8Array(file.size);
  file.readInto(0, target);
  return new TextDecoder().decode(target);
}

async function textOf(file: DiskFile): Promise<string> {
  const target = new Uint8Array(file.size);
  await file.readInto(0, target);
  return new TextDecoder().decode(target);
}

test('a file holds what was appended, cut and synced, and a loss of power leaves what was synced', () => {
  const action = fc.oneof(
    fc.record({ append: fc.string({ minLength: 1, maxLength: 5, unit: 'grapheme-ascii' }) }),
    fc.record({ truncate: fc.nat(20) }),
    fc.constant({ sync: true }),
    fc.constant({ losePower: true }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const file = new MemoryFile();
      let live = '';
      let durable = '';
      for (const one of actions) {
        if ('append' in one) {
          file.append([bytes(one.append)]);
          live += one.append;
        } else if ('truncate' in one) {
          file.truncate(one.truncate);
          live = live.slice(0, one.truncate).padEnd(one.truncate, '\0');
        } else if ('sync' in one) {
          file.sync();
          durable = live;
        } else {
          file.losePower();
          live = durable;
        }
        expect(contentOf(file)).toBe(live);
      }
      for (let at = 0; at <= live.length; at++) {
        const target = new Uint8Array(3);
        const read = file.readInto(at, target);
        expect(new TextDecoder().decode(target.subarray(0, read))).toBe(live.slice(at, at + 3));
      }
    }),
  );
});

test('the caller may reuse its memory after an append', async () => {
  const { disk: memory, go } = disk();
  const file = await go(memory.open('log'));
  const chunk = bytes('abc');
  const appending = file.append([chunk, bytes('d')]);
  chunk.fill(0);
  await go(appending);
  expect(await go(textOf(file))).toBe('abcd');
});

test('files are listed by folder, removed and renamed', async () => {
  const { disk: memory, go } = disk();
  for (const path of ['b/2', 'b/1', 'a', 'b/c/3']) await go(memory.open(path));
  expect(await go(memory.list('b'))).toEqual(['b/1', 'b/2', 'b/c/3']);
  expect(await go(memory.list(''))).toEqual(['a', 'b/1', 'b/2', 'b/c/3']);
  expect(await go(memory.list('none'))).toEqual([]);
  await go(memory.rename('b/1', 'b/0'));
  await go(memory.remove('b/2'));
  expect(await go(memory.list('b'))).toEqual(['b/0', 'b/c/3']);
  await expect(go(memory.remove('b/2'))).rejects.toThrow(DiskFailed);
});

test('a loss of power takes names of files that were not synced, and brings back removed ones', async () => {
  const { disk: memory, go } = disk();
  const kept = await go(memory.open('p/kept'));
  await go(kept.append([bytes('kept')]));
  await go(kept.sync());
  await go(kept.append([bytes(' and lost')]));
  await go(memory.syncDirectory('p'));
  await go(memory.open('p/new'));
  await go(memory.remove('p/kept'));
  memory.losePower();
  expect(await go(memory.list('p'))).toEqual(['p/kept']);
  expect(await go(textOf(await go(memory.open('p/kept'))))).toBe('kept');
});

test('one process at a time holds the disk', async () => {
  const { disk: memory, go } = disk();
  const release = await go(memory.lock());
  await expect(go(memory.lock())).rejects.toThrow(DiskLocked);
  release();
  const again = await go(memory.lock());
  release();
  await expect(go(memory.lock())).rejects.toThrow(DiskLocked);
  again();
});

test('a closed file is refused', async () => {
  const { disk: memory, go } = disk();
  const file = await go(memory.open('log'));
  await go(file.close());
  await expect(go(file.append([bytes('x')]))).rejects.toThrow(DiskFailed);
});
