/**
 * A disk for tests of the log: files are arrays that a test may look at, cut and damage, writes can be held back or made to fail, and a
 * loss of power takes what was not synced.
 */
import { concat } from '../../lib/bytes/writer.ts';
import { DiskFailed } from '../../lib/world/errors.ts';
import type { Disk, DiskFile } from '../../lib/world/world.ts';

interface Content {
  bytes: Uint8Array;
  synced: Uint8Array;
}

export class TestDisk implements Disk {
  readonly files = new Map<string, Content>();
  /** What was done, in order: `append 00000000000000000000.log`. */
  readonly did: string[] = [];
  /** The append that has begun last, which may be held back: a crash can leave any piece of it. */
  appending: { readonly path: string; readonly bytes: Uint8Array } | undefined;
  /** Called before each operation; may throw, or answer a promise to wait for. */
  before: (what: string) => unknown = () => {};

  bytes(path: string): Uint8Array {
    const file = this.files.get(path);
    if (file === undefined) throw new Error(`no file ${path}: there are ${[...this.files.keys()].join(', ')}`);
    return file.bytes;
  }

  put(path: string, bytes: Uint8Array): void {
    this.files.set(path, { bytes, synced: bytes });
  }

  /** Changes one byte of a file. */
  damage(path: string, at: number): void {
    const bytes = Uint8Array.from(this.bytes(path));
    bytes[at] ^= 0x10;
    this.put(path, bytes);
  }

  /** A disk with the same files: as after the death of the process. */
  afterKill(): TestDisk {
    const disk = new TestDisk();
    for (const [path, { bytes, synced }] of this.files) disk.files.set(path, { bytes, synced });
    return disk;
  }

  /** As `afterKill`, once for each number of bytes that the append under way may have written. */
  afterKillAtAnyByte(): TestDisk[] {
    const { path, bytes } = this.appending ?? { path: '', bytes: new Uint8Array(0) };
    return Array.from({ length: bytes.length + 1 }, (_, written) => {
      const disk = this.afterKill();
      if (path !== '') disk.put(path, concat([this.bytes(path), bytes.slice(0, written)]));
      return disk;
    });
  }

  /** A disk with what was synced. */
  afterLossOfPower(): TestDisk {
    const disk = new TestDisk();
    for (const [path, { synced }] of this.files) disk.put(path, synced);
    return disk;
  }

  async open(path: string): Promise<DiskFile> {
    await this.#do('open', path);
    const content = this.files.get(path) ?? { bytes: new Uint8Array(0), synced: new Uint8Array(0) };
    this.files.set(path, content);
    return this.#handle(path, content);
  }

  async list(folder: string): Promise<string[]> {
    return [...this.files.keys()].filter((path) => path.startsWith(`${folder}/`)).sort();
  }

  async remove(path: string): Promise<void> {
    await this.#do('remove', path);
    if (!this.files.delete(path)) throw new DiskFailed(`no file ${path}`);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#do('rename', from);
    const content = this.files.get(from);
    if (content === undefined) throw new DiskFailed(`no file ${from}`);
    this.files.delete(from);
    this.files.set(to, content);
  }

  async syncDirectory(): Promise<void> {
    await this.#do('sync', 'folder');
  }

  async lock(): Promise<() => void> {
    return () => {};
  }

  async #do(what: string, path: string): Promise<void> {
    const line = `${what} ${path.split('/').at(-1)}`;
    this.did.push(line);
    await this.before(line);
  }

  #handle(path: string, content: Content): DiskFile {
    let open = true;
    const during = async (what: string) => {
      if (!open) throw new DiskFailed(`${path} has been closed`);
      await this.#do(what, path);
    };
    return {
      get size() {
        return content.bytes.length;
      },
      async readInto(at, target) {
        await during('read');
        const piece = content.bytes.subarray(at, at + target.length);
        target.set(piece);
        return piece.length;
      },
      append: async (chunks) => {
        const bytes = concat(chunks);
        this.appending = { path, bytes };
        await during('append');
        content.bytes = concat([content.bytes, bytes]);
        this.appending = undefined;
      },
      async truncate(size) {
        await during('truncate');
        content.bytes = content.bytes.slice(0, size);
      },
      async sync() {
        await during('sync');
        content.synced = content.bytes;
      },
      async close() {
        await during('close');
        open = false;
      },
    };
  }
}
