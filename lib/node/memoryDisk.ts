/** A disk for a broker that need not remember anything: its files live in memory and end with the process. */
import { MemoryFile } from '../sim/file.ts';
import { FileNames } from '../sim/fileNames.ts';
import { DiskFailed, DiskLocked } from '../world/errors.ts';
import type { Disk, DiskFile } from '../world/world.ts';

export function memoryDisk(): Disk {
  const files = new FileNames<MemoryFile>();
  let locked = false;
  const find = (path: string) => {
    const file = files.get(path);
    if (!file) throw new DiskFailed(`there is no file ${path} in memory`);
    return file;
  };
  return {
    async open(path) {
      const file = files.get(path) ?? new MemoryFile();
      files.set(path, file);
      return handleOf(file);
    },
    async list(folder) {
      return files.below(folder);
    },
    async remove(path) {
      find(path);
      files.delete(path);
    },
    async rename(from, to) {
      const file = find(from);
      files.delete(from);
      files.set(to, file);
    },
    async syncDirectory() {},
    async lock() {
      if (locked) throw new DiskLocked('this disk in memory is in use: close the other broker first');
      locked = true;
      return () => {
        locked = false;
      };
    },
  };
}

function handleOf(file: MemoryFile): DiskFile {
  return {
    get size() {
      return file.size;
    },
    readInto: async (at, target) => file.readInto(at, target),
    append: async (chunks) => file.append(chunks),
    truncate: async (size) => file.truncate(size),
    async sync() {},
    async close() {},
  };
}
