/**
 * The files that the page "A cluster in your test" writes before the reader's eyes: its fences with a file name. A file
 * may come in pieces, which follow each other.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../tools/steps.mjs';

/** @returns {Map<string, string>} texts by file name */
export function filesOfPage() {
  const page = readFileSync(join(root, 'site', 'in-your-test.md'), 'utf8');
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const [, name, text] of page.matchAll(/^```ts \[(.+?)\]\n(.*?)^```$/gms)) {
    files.set(name, files.has(name) ? `${files.get(name)}\n${text}` : text);
  }
  const fences = page.match(/^```ts/gm)?.length ?? 0;
  const named = page.match(/^```ts \[/gm)?.length ?? 0;
  if (named === 0 || named !== fences)
    throw new Error(`${fences - named} of ${fences} fences of the page have no file name`);
  return files;
}
