/**
 * A disk in memory, one for each node. It belongs to the machine and not to the program: a program that is killed and started again finds
 * what it had written.
 *
 * What is asked for is done at once, as a system call puts bytes into the operating system's memory, and the answer comes up to a millisecond later. So a
 * program can be killed before its write, between the write and the answer, and after it, which are the three cases there are. What was
 * not synced is kept apart: `losePower` takes it away, names of files included, as an unlucky file system would.
 */
import { DiskFailed, DiskLocked } from '../world/errors.ts';
import type { Cancel, Disk, DiskFile, Random } from '../world/world.ts';
import type { VirtualClock } from './clock.ts';
import { MemoryFile } from './file.ts';
import { FileNames, folderOf } from './fileNames.ts';
import { between } from './random.ts';

/** An answer takes this long at least and at most, in milliseconds. */
const LATENCY_MS = [0, 1] as const;

export class MemoryDisk implements Disk {
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #owner: string;
  #names = new FileNames<MemoryFile>();
  readonly #durableNames = new FileNames<MemoryFile>();
  #locked = false;
  #looks = 0;

  /** `owner` is the node whose disk it is, for messages. */
  constructor(clock: VirtualClock, random: Random, owner: string) {
    this.#clock = clock;
    this.#random = random;
    this.#owner = owner;
  }

  open(path: string): Promise<DiskFile> {
    return this.#answer(() => {
      let file = this.#names.get(path);
      if (file === undefined) {
        file = new MemoryFile();
        this.#names.set(path, file);
      }
      return this.#handle(path, file);
    });
  }

  list(folder: string): Promise<string[]> {
    return this.#answer(() => this.#names.below(folder));
  }

  remove(path: string): Promise<void> {
    return this.#answer(() => {
      this.#find(path);
      this.#names.delete(path);
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#answer(() => {
      const file = this.#find(from);
      this.#names.delete(from);
      this.#names.set(to, file);
    });
  }

  syncDirectory(folder: string): Promise<void> {
    return this.#answer(() => {
      const isIn = (path: string) => folderOf(path) === folder;
      for (const path of this.#durableNames.below(folder).filter(isIn)) this.#durableNames.delete(path);
      for (const path of this.#names.below(folder).filter(isIn)) this.#durableNames.set(path, this.#find(path));
    });
  }

  lock(): Promise<Cancel> {
    return this.#answer(() => {
      if (this.#locked)
        throw new DiskLocked(`the disk of ${this.#owner} is in use by another process: stop that one first`);
      this.#locked = true;
      let held = true;
      return () => {
        if (held) this.#locked = false;
        held = false;
      };
    });
  }

  /** The machine loses power: what was not synced is gone. Call it when nothing runs on this disk. */
  losePower(): void {
    this.#names = this.#durableNames.copy();
    for (const file of this.#names.files) file.losePower();
    this.#locked = false;
  }

  /** Answers at once what `read` asks: somebody outside the world looks at the disk, and takes neither time nor chance from those inside. */
  async withoutDelay<T>(read: () => Promise<T>): Promise<T> {
    this.#looks++;
    try {
      return await read();
    } finally {
      this.#looks--;
    }
  }

  #handle(path: string, file: MemoryFile): DiskFile {
    let closed = false;
    const whileOpen = <T>(act: () => T): Promise<T> =>
      this.#answer(() => {
        if (closed) throw new DiskFailed(`${path} on the disk of ${this.#owner} has been closed: open it again`);
        return act();
      });
    return {
      get size() {
        return file.size;
      },
      readInto: (at, target) => whileOpen(() => file.readInto(at, target)),
      append: (chunks) => whileOpen(() => file.append(chunks)),
      truncate: (size) => whileOpen(() => file.truncate(size)),
      sync: () => whileOpen(() => file.sync()),
      close: () =>
        this.#answer(() => {
          closed = true;
        }),
    };
  }

  #find(path: string): MemoryFile {
    const file = this.#names.get(path);
    if (file === undefined) throw new DiskFailed(`there is no file ${path} on the disk of ${this.#owner}`);
    return file;
  }

  /** Does it now, answers later. */
  #answer<T>(act: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let answer: () => void;
      try {
        const value = act();
        answer = () => resolve(value);
      } catch (error) {
        answer = () => reject(error);
      }
      if (this.#looks > 0) return answer();
      this.#clock.schedule(between(this.#random, ...LATENCY_MS), `an answer of the disk of ${this.#owner}`, answer);
    });
  }
}
