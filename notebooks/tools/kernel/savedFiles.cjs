/**
 * Cells that are files. A cell that begins with `// file: ledger.ts` is not run: it is saved under that name beside the notebook,
 * checked, and imported by other cells. What lay there before is never lost: when it differs and was not saved by this
 * kernel, it moves to the folder `kept`.
 */
const { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');

const FILE_LINE = /^\/\/ file: ([A-Za-z][A-Za-z0-9-]*\.ts)[ \t]*\r?(?:\n|$)/;

/** The name of the file that a cell is, if it is one. @param {string} source */
function fileOf(source) {
  return FILE_LINE.exec(source)?.[1];
}

/** @param {string} notebookFolder */
function createSavedFiles(notebookFolder) {
  /** @type {Map<string, string>} what this kernel has saved, by name */
  const saved = new Map();
  return {
    /** Saves a cell. @param {string} name @param {string} source @returns {string} what to tell the learner */
    save(name, source) {
      const path = join(notebookFolder, name);
      const text = source.endsWith('\n') ? source : `${source}\n`;
      const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
      const kept =
        before !== undefined && before !== text && before !== saved.get(name) ? keep(notebookFolder, name) : undefined;
      if (before !== text) writeFileSync(path, text);
      saved.set(name, text);
      return kept ? `saved ${name}; the one that was there is now ${kept}` : `saved ${name}`;
    },
  };
}

/** @param {string} folder @param {string} name @returns {string} where the file is kept, from the folder of the notebook */
function keep(folder, name) {
  mkdirSync(join(folder, 'kept'), { recursive: true });
  let number = 1;
  const nameOf = () => `kept/${basename(name, '.ts')}-${number}.ts`;
  while (existsSync(join(folder, nameOf()))) number += 1;
  copyFileSync(join(folder, name), join(folder, nameOf()));
  return nameOf();
}

module.exports = { createSavedFiles, fileOf };
