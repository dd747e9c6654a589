/**
 * The learner's copies of the chapters, in `notebooks/mine`: without outputs, so that a bet is a bet, and ignored by git, so that an
 * update never meets an edit. A copy is made once and then belongs to the learner; nothing here overwrites one, and what a reset
 * replaces moves to `notebooks/mine/kept`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { root } from './python.mjs';

const notebooks = join(root, 'notebooks');
export const mine = join(notebooks, 'mine');
const kept = join(mine, 'kept');

/**
 * @typedef {{ cell_type: string, source: string[], metadata: { kafkaito?: { file?: string } }, outputs?: unknown[], execution_count?: number | null }} Cell
 * @typedef {{ cells: Cell[], metadata: { kafkaito?: { chapter: string } } }} Notebook
 */

/** The names of all chapters that have a notebook, in order. */
export function chapterNames() {
  return readdirSync(notebooks)
    .filter((name) => name.endsWith('.ipynb'))
    .map((name) => name.slice(0, -'.ipynb'.length))
    .sort();
}

/**
 * Makes the copies that are not there yet, and the files that chapters save, such as `ledger.ts`.
 * @returns {string[]} the chapters that have changed since the learner's copy was made
 */
export function makeCopies() {
  mkdirSync(mine, { recursive: true });
  return chapterNames().filter((name) => {
    const chapter = readNotebook(join(notebooks, `${name}.ipynb`));
    const copy = copyOf(name);
    if (!existsSync(copy)) writeCopy(chapter, copy);
    for (const [file, text] of filesOf(chapter)) {
      if (!existsSync(join(mine, file))) writeFileSync(join(mine, file), text);
    }
    return madeFrom(copy) !== contentOf(chapter);
  });
}

/** @param {string} name @returns {string} the learner's copy of a chapter */
export function copyOf(name) {
  return join(mine, `${name}.ipynb`);
}

/**
 * Puts a chapter back as it is in the course.
 * @param {string} name
 * @returns {string[]} what was done, one sentence each
 */
export function resetChapter(name) {
  mkdirSync(mine, { recursive: true });
  const chapter = readNotebook(join(notebooks, `${name}.ipynb`));
  const done = [];
  const before = keep(copyOf(name));
  writeCopy(chapter, copyOf(name));
  done.push(`${shown(copyOf(name))} is new${before ? `; yours is now ${shown(before)}` : ''}.`);
  for (const [file, text] of filesOf(chapter)) {
    const path = join(mine, file);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    const old = keep(path);
    writeFileSync(path, text);
    done.push(`${shown(path)} is the one that the chapter starts with${old ? `; yours is now ${shown(old)}` : ''}.`);
  }
  return done;
}

/** Moves a file to `kept` under a free name. @param {string} path @returns {string | undefined} its new place */
function keep(path) {
  if (!existsSync(path)) return undefined;
  mkdirSync(kept, { recursive: true });
  const extension = extname(path);
  const start = join(kept, relative(mine, path).slice(0, -extension.length));
  let number = 1;
  while (existsSync(`${start}-${number}${extension}`)) number += 1;
  const place = `${start}-${number}${extension}`;
  renameSync(path, place);
  return place;
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

/** @param {string} path */
function shown(path) {
  return relative(root, path);
}
