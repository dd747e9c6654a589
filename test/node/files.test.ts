import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diskFailure } from '../../lib/node/diskFailure.ts';
import { folderDisk } from '../../lib/node/files.ts';
import { memoryDisk } from '../../lib/node/memoryDisk.ts';
import { DiskFailed } from '../../lib/world/errors.ts';
import type { Disk, DiskFile } from '../../lib/world/world.ts';

let folder = '';
let disk: Disk;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kafkaito files '));
  disk = folderDisk(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const text = (words: string) => new TextEncoder().encode(words);

async function contentOf(file: DiskFile): Promise<string> {
  const bytes = new Uint8Array(file.size);
  await file.readInto(0, bytes);
  return new TextDecoder().decode(bytes);
}

describe('a folder as a disk', () => {
  test('opening makes the file and its folders, and finds again what was written', async () => {
    const file = await disk.open('topics/a/0.log');
    await file.append([text('one '), text('two')]);
    await file.sync();
    await file.close();
    await disk.syncDirectory('topics/a');
    expect(readFileSync(join(folder, 'topics', 'a', '0.log'), 'utf8')).toBe('one two');
    const again = await disk.open('topics/a/0.log');
    expect(again.size).toBe(7);
    expect(await contentOf(again)).toBe('one two');
    await again.close();
  });

  test('appends, truncations and syncs take place in the order of the calls', async () => {
    const file = await disk.open('log');
    const work = [
      file.append([text('abc')]),
      file.append([text('def')]),
      file.append([]),
      file.truncate(4),
      file.append([text('x')]),
      file.sync(),
      file.append([text('y')]),
    ];
    await Promise.all(work);
    expect(file.size).toBe(6);
    expect(await contentOf(file)).toBe('abcdxy');
    await file.close();
  });

  test('any mix of appends and truncations leaves what a plain string would hold', async () => {
    const step = fc.oneof(
      fc.record({ append: fc.array(fc.string({ unit: 'binary-ascii', maxLength: 9 }), { maxLength: 4 }) }),
      fc.record({ keep: fc.nat(99) }),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const file = await disk.open(`mix/${++run}`);
        let expected = '';
        const work = steps.map((step) => {
          if ('append' in step) {
            expected += step.append.join('');
            return file.append(step.append.map(text));
          }
          expected = expected.slice(0, step.keep);
          return file.truncate(Math.min(step.keep, expected.length));
        });
        await Promise.all(work);
        expect(await contentOf(file)).toBe(expected);
        await file.close();
      }),
      { numRuns: 40 },
    );
  });

  test('a read at the end gets what there is', async () => {
    const file = await disk.open('log');
    await file.append([text('abcdef')]);
    const target = new Uint8Array(4);
    expect(await file.readInto(4, target)).toBe(2);
    expect(await file.readInto(6, target)).toBe(0);
    expect([...target]).toEqual([...text('ef'), 0, 0]);
    await file.close();
  });

  test('list names all files below a folder, sorted, with / on every system', async () => {
    for (const path of ['b/2.log', 'b/10.log', 'a.log', 'b/deep/er/x']) await (await disk.open(path)).close();
    const release = await disk.lock();
    expect(await disk.list('')).toEqual(['a.log', 'b/10.log', 'b/2.log', 'b/deep/er/x']);
    expect(await disk.list('b')).toEqual(['b/10.log', 'b/2.log', 'b/deep/er/x']);
    expect(await disk.list('nowhere')).toEqual([]);
    release();
  });

  test('rename replaces, and removing what is not there fails as it does on a disk in memory', async () => {
    for (const path of ['new', 'old']) {
      const file = await disk.open(path);
      await file.append([text(path)]);
      await file.close();
    }
    await disk.rename('new', 'old');
    expect(readFileSync(join(folder, 'old'), 'utf8')).toBe('new');
    await disk.remove('old');
    expect(await disk.list('')).toEqual([]);
    await expect(disk.remove('old')).rejects.toThrow(DiskFailed);
    await expect(memoryDisk().remove('old')).rejects.toThrow(DiskFailed);
  });

  test('a folder goes with its last file, however many are removed at once, and comes back with the next; the data folder stays', async () => {
    const make = async (...paths: string[]) => {
      for (const path of paths) await (await disk.open(path)).close();
    };
    await make('logs/a/0.log', 'logs/a/0.index', 'logs/b/0.log', 'alone');
    await disk.remove('logs/a/0.log');
    expect(readdirSync(join(folder, 'logs', 'a'))).toEqual(['0.index']);
    await disk.remove('logs/a/0.index');
    expect(readdirSync(join(folder, 'logs'))).toEqual(['b']);
    await make('logs/a/1.log', 'logs/a/2.log', 'logs/a/3.log');
    await Promise.all([1, 2, 3].map((base) => disk.remove(`logs/a/${base}.log`)));
    expect(readdirSync(join(folder, 'logs'))).toEqual(['b']);
    await disk.remove('logs/b/0.log');
    await disk.remove('alone');
    expect(readdirSync(folder)).toEqual(['logs']);
    await make('last');
    rmSync(join(folder, 'logs'), { recursive: true });
    await disk.remove('last');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a file where a folder is needed is named, with what to do', async () => {
    writeFileSync(join(folder, 'flat'), '');
    const failure = await disk.open('flat/0.log').catch((error) => error);
    expect(failure).toBeInstanceOf(DiskFailed);
    expect(failure.message).toContain(`cannot open ${join(folder, 'flat', '0.log')}: `);
    expect(failure.message).toContain('choose another folder');
  });

  // Root may write everywhere, so there the same is shown by what a system call answers.
  test('no permission and no space are told in sentences', async () => {
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    expect(diskFailure('open', '/data/0.log', denied).message).toBe(
      'cannot open /data/0.log: this user is not allowed to: change the permissions, or choose another folder',
    );
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    expect(diskFailure('write', '/data/0.log', full).message).toContain('the disk is full: free some space');
    if (process.platform === 'win32' || process.getuid?.() === 0) return;
    chmodSync(folder, 0o500);
    const failure = await disk.open('0.log').catch((error) => error);
    chmodSync(folder, 0o700);
    expect(failure.message).toContain('this user is not allowed to');
  });

  test('after a write that failed nothing is written behind the hole', async () => {
    // Linux has a device that is always full; elsewhere a file that has been closed fails as well.
    const full = process.platform === 'linux';
    if (full) symlinkSync('/dev/full', join(folder, 'full.log'));
    const file = await disk.open('full.log');
    if (!full) await file.close();
    const first = file.append([text('a')]);
    const failure = await first.catch((error) => error);
    expect(failure).toBeInstanceOf(DiskFailed);
    if (full) expect(failure.message).toContain('the disk is full: free some space');
    expect(await file.append([text('b')]).catch((error) => error)).toBe(failure);
    expect(file.size).toBe(0);
    if (full) await file.close();
  });

  test('a place where no folder can be made is told, and not tried for ever', async () => {
    const nowhere = folderDisk(process.platform === 'linux' ? '/proc/kafkaito' : join(folder, 'file', 'data'));
    writeFileSync(join(folder, 'file'), '');
    const failure = await nowhere.lock().catch((error) => error);
    expect(failure).toBeInstanceOf(DiskFailed);
    expect(failure.message).toContain('choose another folder');
  });
});
