/**
 * What the learner has written, as this browser keeps it: modules by their name, such as `ledger.ts`, and other changed cells by their id. It lies outside the
 * sandbox, so that it survives the kernel and the visit. Each chapter has its own, since each begins with a version of its own.
 */

/** What this visit has saved, for browsers that keep nothing. */
const visit = new Map<string, string>();

/** The text saved by the last run of its cell; undefined when there is none. */
export function savedFile(file: string): string | undefined {
  const key = keyOf(file);
  return visit.get(key) ?? withStorage((storage) => storage.getItem(key)) ?? undefined;
}

/** Saves a text. */
export function saveFile(file: string, text: string): void {
  const key = keyOf(file);
  visit.set(key, text);
  withStorage((storage) => storage.setItem(key, text));
}

/** Forgets a text, so that the chapter's own is the one again. */
export function forgetFile(file: string): void {
  const key = keyOf(file);
  visit.delete(key);
  withStorage((storage) => storage.removeItem(key));
}

/** A private window may refuse storage, and a full one does. */
function withStorage<T>(use: (storage: Storage) => T): T | undefined {
  try {
    return use(localStorage);
  } catch {
    return undefined;
  }
}

function keyOf(file: string): string {
  const page = location.pathname
    .split('/')
    .at(-1)
    ?.replace(/\.html$/, '');
  return `kafkaito:${page}:${file}`;
}
