/**
 * Stacks as a learner needs them: lines of the cell and of the project's own sources, as they were written, and nothing of Node or
 * of the kernel. They are the same on every machine and under every version of Node, so stored outputs may contain them.
 */
const { fileURLToPath } = require('node:url');
const { isAbsolute } = require('node:path');
const { isInside, root, shownPath } = require('./project.cjs');

const FRAMES_KEPT = 8;

/**
 * @typedef {{ name: string, map: import('node:module').SourceMap, linesBefore: number, scriptLines: number }} CellSource
 *
 * @param {string} notebookFolder
 * @param {(script: string) => CellSource | undefined} cellOf
 */
function installStacks(notebookFolder, cellOf) {
  // Enough frames that some of the learner's remain when the kernel's and Node's are left out.
  Error.stackTraceLimit = 50;
  Error.prepareStackTrace = (error, frames) => {
    const kept = frames.map(lineOf).filter((line) => line !== undefined);
    return [headline(error), ...kept.slice(0, FRAMES_KEPT).map((line) => `    at ${line}`)].join('\n');
  };

  /** @param {NodeJS.CallSite} frame */
  function lineOf(frame) {
    const script = frame.getScriptNameOrSourceURL();
    const line = frame.getLineNumber();
    const column = frame.getColumnNumber();
    if (!script || line === null || column === null) return undefined;
    const place = placeOf(script, line, column);
    if (!place) return undefined;
    const written = frame.toString();
    // V8 writes `name (place)`, or the place alone; the code around a cell has no name worth showing.
    const named = /^(.+) \([^()]*(?:\([^()]*\))?[^()]*\)$/.exec(written);
    // tslab keeps what earlier cells have declared in an object, and calls it there.
    const name = named?.[1].replace(/^(async )?(Proxy|Object)\./, '$1');
    return name && name !== 'eval' ? `${name} (${place})` : place;
  }

  /** @param {string} script @param {number} line @param {number} column */
  function placeOf(script, line, column) {
    const cell = cellOf(script);
    if (cell) {
      // Below the lines of the cell stands tslab's call of the function that it has wrapped around them.
      if (line > cell.scriptLines) return undefined;
      const origin = originOf(cell.map, line, column);
      return origin && origin.line > cell.linesBefore
        ? `${cell.name}:${origin.line - cell.linesBefore}:${origin.column}`
        : undefined;
    }
    const path = script.startsWith('file:') ? fileURLToPath(script) : script;
    if (!isAbsolute(path) || !isInside(root, path) || path.endsWith('.cjs')) return undefined;
    // Sources are loaded with every line in its place, but not every column.
    return `${shownPath(path, notebookFolder)}:${line}`;
  }
}

/** @param {import('node:module').SourceMap} map @param {number} line @param {number} column */
function originOf(map, line, column) {
  const entry = map.findEntry(line - 1, column - 1);
  return 'originalLine' in entry ? { line: entry.originalLine + 1, column: entry.originalColumn + 1 } : undefined;
}

/** What V8 would write above the frames. @param {unknown} error */
function headline(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return 'Error';
  }
}

module.exports = { installStacks };
