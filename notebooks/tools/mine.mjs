/**
 * The learner's copies of the chapters, in `notebooks/mine`: without outputs, so that a bet is a bet, and ignored by git, so that an
 * update never meets an edit. A copy is made once and then belongs to the learner; nothing here overwrites one, and what a reset
 * replaces moves to `notebooks/mine/kept`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { root } from './python.mjs';

/**
 * @typedef {{ cell_type: string, source: string[], metadata: { kafkaito?: { file?: string } }, outputs?: unknown[], execution_count?: number | null }} Cell
 * @typedef {{ cells: Cell[], metadata: { kafkaito?: { chapter: string } } }} Notebook
 */

/** @param {string} notebooks the folder of the course's notebooks, in which the learner's lies */
export function learnersCopies(notebooks = join(root, 'notebooks')) {
  const mine = join(notebooks, 'mine');
  const copyOf = (/** @type {string} */ name) => join(mine, `${name}.ipynb`);
  const chapterOf = (/** @type {string} */ name) => readNotebook(join(notebooks, `${name}.ipynb`));

  /** The names of all chapters that have a notebook, in order. */
  function names() {
    return readdirSync(notebooks)
      .filter((name) => name.endsWith('.ipynb'))
      .map((name) => name.slice(0, -'.ipynb'.length))
      .sort();
  }

  /**
   * Makes the copies that are not there yet, and the files that chapters save, such as `ledger.ts`.
   * @returns {string[]} the chapters that have changed since the learner's copy was made
   */
  function make() {
    mkdirSync(mine, { recursive: true });
    return names().filter((name) => {
      const chapter = chapterOf(name);
      if (!existsSync(copyOf(name))) writeCopy(chapter, copyOf(name));
      for (const [file, text] of filesOf(chapter)) {
        if (!existsSync(join(mine, file))) writeFileSync(join(mine, file), text);
      }
      return madeFrom(copyOf(name)) !== contentOf(chapter);
    });
  }

  /**
   * Puts a chapter back as it is in the course.
   * @param {string} name
   * @returns {string[]} what was done, one sentence each
   */
  function reset(name) {
    mkdirSync(mine, { recursive: true });
    const before = keep(mine, `${name}.ipynb`);
    writeCopy(chapterOf(name), copyOf(name));
    const done = [`${name}.ipynb is new${before ? `; yours is now ${before}` : ''}.`];
    for (const [file, text] of filesOf(chapterOf(name))) {
      const path = join(mine, file);
      if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
      const old = keep(mine, file);
      writeFileSync(path, text);
      done.push(`${file} is the one that the chapter starts with${old ? `; yours is now ${old}` : ''}.`);
    }
    return done;
  }

  return { folder: mine, names, copyOf, make, reset };
}

/** Moves a file to `kept` under a free name. @param {string} mine @param {string} name @returns {string | undefined} its new name */
function keep(mine, name) {
  if (!existsSync(join(mine, name))) return undefined;
  mkdirSync(join(mine, 'kept'), { recursive: true });
  const extension = extname(name);
  let number = 1;
  const nameOf = () => `kept/${name.slice(0, -extension.length)}-${number}${extension}`;
  while (existsSync(join(mine, nameOf()))) number += 1;
  renameSync(join(mine, name), join(mine, nameOf()));
  return nameOf();
}

/** @param {Notebook} chapter @param {string} path */
function writeCopy(chapter, path) {
  const cells = chapter.cells.map((cell) =>
    cell.cell_type === 'code' ? { ...cell, outputs: [], execution_count: null } : cell,
  );
  const metadata = { ...chapter.metadata, kafkaito: { chapter: contentOf(chapter) } };
  writeFileSync(path, `${JSON.stringify({ ...chapter, cells, metadata }, null, 1)}\n`);
}

/** The files that the cells of a chapter save, each as it is saved first. @param {Notebook} chapter */
function filesOf(chapter) {
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const { source, metadata } of chapter.cells) {
    const file = metadata.kafkaito?.file;
    // The first one: later ones are what the chapter turns it into.
    if (file && !files.has(file)) files.set(file, `${source.join('')}\n`);
  }
  return files;
}

/** What a reader sees of a chapter before anything has run, as a short text to compare. @param {Notebook} chapter */
function contentOf(chapter) {
  const content = chapter.cells.map(({ cell_type, source }) => [cell_type, source.join('')]);
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
}

/** From which state of the chapter a copy was made. @param {string} path */
function madeFrom(path) {
  try {
    return readNotebook(path).metadata.kafkaito?.chapter;
  } catch {
    // The learner's file is the learner's: it may be anything.
    return undefined;
  }
}

/** @param {string} path @returns {Notebook} */
function readNotebook(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
