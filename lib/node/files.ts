/**
 * A folder of the file system as the disk of one broker.
 *
 * Reads name their position. Appends queue up, and those that wait while the disk is busy leave together in one write, so a hundred
 * small batches cost little more than one. Names use `/` on every system.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join, posix, sep } from 'node:path';
import type { Disk, DiskFile } from '../world/world.ts';
import { diskFailure } from './diskFailure.ts';
import { LOCK_NAMES, lockFolder } from './lock.ts';
import { makeFolder } from './makeFolder.ts';

export interface FolderSettings {
  /** Takes lines for whoever runs the broker, such as the taking over of a stale lock. Default: nobody. */
  say?: (line: string) => void;
}

/** The disk below `folder`, which is made when it is first used. */
export function folderDisk(folder: string, settings: FolderSettings = {}): Disk {
  const at = (path: string) => join(folder, ...path.split('/'));
  return {
    async open(path) {
      try {
        await makeFolder(dirname(at(path)));
        const handle = await open(at(path), constants.O_RDWR | constants.O_CREAT);
        return new OpenFile(at(path), handle, (await handle.stat()).size);
      } catch (error) {
        throw diskFailure('open', at(path), error);
      }
    },

    async list(below) {
      try {
        const entries = await readdir(at(below), { recursive: true, withFileTypes: true });
        return entries
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, sep).length).replaceAll(sep, posix.sep))
          .filter((path) => !LOCK_NAMES.includes(path))
          .sort();
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return [];
        throw diskFailure('list', at(below), error);
      }
    },

    async remove(path) {
      try {
        await unlink(at(path));
      } catch (error) {
        throw diskFailure('remove', at(path), error);
      }
      if (path.includes('/')) await removeEmpty(dirname(at(path)));
    },

    async rename(from, to) {
      try {
        await makeFolder(dirname(at(to)));
        await rename(at(from), at(to));
      } catch (error) {
        throw diskFailure('rename', at(from), error);
      }
    },

    syncDirectory: (below) => syncFolder(at(below)),

    lock: () => lockFolder(folder, settings.say ?? (() => {})),
  };
}

/** The folder of a partition that was deleted goes with its last file. One that is not empty, or is in use on Windows, stays, and harms nobody. */
async function removeEmpty(path: string): Promise<void> {
  await rmdir(path).catch(() => {});
}

/** Windows has no such thing as syncing a folder, and some file systems refuse it: then the names are as safe as they can be. */
async function syncFolder(path: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, constants.O_RDONLY);
    await handle.sync();
  } catch (error) {
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF'].includes(codeOf(error))) {
      throw diskFailure('sync', path, error);
    }
  } finally {
    await handle?.close();
  }
}

class OpenFile implements DiskFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #size: number;
  /** The end of the queue in which appends, truncations and syncs take place. */
  #last: Promise<unknown> = Promise.resolve();
  /** The append at the end of that queue that has not begun yet: later ones may still join it. */
  #waiting: { chunks: Uint8Array[]; done: Promise<void> } | undefined;
  /** Set by an append that failed: what follows would leave a hole in front of it. */
  #broken: Error | undefined;

  constructor(path: string, handle: FileHandle, size: number) {
    this.#path = path;
    this.#handle = handle;
    this.#size = size;
  }

  get size(): number {
    return this.#size;
  }

  async readInto(at: number, target: Uint8Array): Promise<number> {
    let filled = 0;
    try {
      while (filled < target.length) {
        const { bytesRead } = await this.#handle.read(target, filled, target.length - filled, at + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
    } catch (error) {
      throw diskFailure('read', this.#path, error);
    }
    return filled;
  }

  append(chunks: readonly Uint8Array[]): Promise<void> {
    if (this.#waiting) {
      this.#waiting.chunks.push(...chunks);
      return this.#waiting.done;
    }
    const together = [...chunks];
    const done = this.#inTurn('write', async () => {
      if (this.#waiting?.chunks === together) this.#waiting = undefined;
      await this.#write(together);
    });
    this.#waiting = { chunks: together, done };
    return done;
  }

  truncate(size: number): Promise<void> {
    return this.#inTurn('truncate', async () => {
      await this.#handle.truncate(size);
      this.#size = size;
      this.#broken = undefined;
    });
  }

  sync(): Promise<void> {
    return this.#inTurn('sync', () => this.#handle.datasync());
  }

  close(): Promise<void> {
    return this.#inTurn('close', () => this.#handle.close());
  }

  /** Runs `work` after all work before it, failed or not. An append that comes later must not join one from before. */
  #inTurn(doing: string, work: () => Promise<void>): Promise<void> {
    this.#waiting = undefined;
    const done = this.#last.then(async () => {
      try {
        await work();
      } catch (error) {
        throw diskFailure(doing, this.#path, error);
      }
    });
    this.#last = done.catch(() => {});
    return done;
  }

  async #write(chunks: Uint8Array[]): Promise<void> {
    if (this.#broken) throw this.#broken;
    try {
      let rest = chunks;
      let at = this.#size;
      while (rest.length > 0) {
        const { bytesWritten } = await this.#handle.writev(rest, at);
        at += bytesWritten;
        rest = after(rest, bytesWritten);
      }
      this.#size = at;
    } catch (error) {
      this.#broken = diskFailure('write', this.#path, error);
      throw this.#broken;
    }
  }
}

/** What is left of `chunks` behind the first `count` bytes: the system may write less than it was given. */
function after(chunks: Uint8Array[], count: number): Uint8Array[] {
  let skip = count;
  for (let index = 0; index < chunks.length; index++) {
    if (skip < chunks[index].length) return [chunks[index].subarray(skip), ...chunks.slice(index + 1)];
    skip -= chunks[index].length;
  }
  return [];
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}
