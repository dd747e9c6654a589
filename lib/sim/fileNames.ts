/**
 * The files of a disk in memory by their paths.
 *
 * A broker has some files for each of its partitions, thousands in all, and lists the folder of a partition several times to open its log. So each folder knows
 * what is below it, and listing one takes no look at the others.
 */
export class FileNames<File> {
  readonly #files = new Map<string, File>();
  /** Of each folder the paths below it, at any depth; of the disk as a whole under ''. */
  readonly #below = new Map<string, Set<string>>();

  get(path: string): File | undefined {
    return this.#files.get(path);
  }

  set(path: string, file: File): void {
    this.#files.set(path, file);
    for (const folder of foldersAbove(path)) {
      const paths = this.#below.get(folder) ?? new Set<string>();
      this.#below.set(folder, paths.add(path));
    }
  }

  delete(path: string): void {
    this.#files.delete(path);
    for (const folder of foldersAbove(path)) {
      const paths = this.#below.get(folder);
      paths?.delete(path);
      if (paths?.size === 0) this.#below.delete(folder);
    }
  }

  /** All that is below a folder, at any depth, sorted. */
  below(folder: string): string[] {
    return [...(this.#below.get(folder) ?? [])].sort();
  }

  /** The names as they are now, of the same files. */
  copy(): FileNames<File> {
    const copy = new FileNames<File>();
    for (const [path, file] of this.#files) copy.set(path, file);
    return copy;
  }

  get files(): Iterable<File> {
    return this.#files.values();
  }
}

/** '' and 'logs' for 'logs/metadata'. */
function* foldersAbove(path: string): Iterable<string> {
  yield '';
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) yield path.slice(0, at);
}

/** The folder that a file is in. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
