/**
 * Small files that are written as a whole: to a new file, which then takes the place of the old one. Whenever the power fails, there is one
 * complete file, the old or the new.
 */
import type { Disk } from '../world/world.ts';

/** The content of a file; null when there is none. */
export async function readWholeFile(disk: Disk, path: string): Promise<Uint8Array | null> {
  if (!(await disk.list(folderOf(path))).includes(path)) return null;
  const file = await disk.open(path);
  try {
    const bytes = new Uint8Array(file.size);
    return bytes.subarray(0, await file.readInto(0, bytes));
  } finally {
    await file.close();
  }
}

/** Resolves when the new content would survive a loss of power. */
export async function replaceWholeFile(disk: Disk, path: string, content: Uint8Array): Promise<void> {
  const file = await disk.open(`${path}.new`);
  try {
    await file.truncate(0);
    await file.append([content]);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(`${path}.new`, path);
  await disk.syncDirectory(folderOf(path));
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
