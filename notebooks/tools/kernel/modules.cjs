/**
 * Loads TypeScript sources with `require`, which is how the kernel's cells import. A learner may edit a file of `lib/` and run the
 * import cell again: `refresh` forgets loaded modules whose files have changed, so that the next import reads them anew. A
 * change in `lib/` or `chapters/tools/` forgets all sources of the project, since they hold on to each other; a change beside
 * the notebook forgets only the learner's own files, and the library keeps its state.
 *
 * The types are taken out by sucrase, as on the page: it is eight times as fast as TypeScript, which matters when a first import reads
 * two hundred files, and it leaves every line where it was, so stacks need no map. What it gives for a source of the project is kept in
 * `.cache`, so that the next kernel does not have to ask again.
 */
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, statSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join, relative } = require('node:path');
const { getVersion, transform } = require('sucrase');
const { isInside, projectNames, root } = require('./project.cjs');

/** The parts of Node's loader that its types leave out. They have been there since the first versions of Node. */
const loader =
  /** @type {{ _resolveFilename: (request: string, parent: { filename?: string } | undefined, ...rest: unknown[]) => string, _extensions: { [extension: string]: (module: { _compile(code: string, path: string): void }, path: string) => void } }} */ (
    /** @type {unknown} */ (Module)
  );

/** Cells are required from here: tslab resolves their imports as if they were a file of this name at the root. */
const cellFile = join(root, 'src.js');

/** One file for each source, so that it does not grow with every edit. */
const keptFolder = join(root, '.cache', 'kernel', 'withoutTypes');

/**
 * @param {import('./project.cjs').TypeScript} ts
 * @param {string} notebookFolder
 */
function installModules(ts, notebookFolder) {
  const names = projectNames(ts);
  /** @type {Map<string, string>} the state of each loaded file when it was loaded */
  const loaded = new Map();

  const resolve = loader._resolveFilename;
  loader._resolveFilename = (request, parent, ...rest) => {
    const named = names.get(request);
    if (named) return named;
    if (parent?.filename === cellFile && request.startsWith('.')) {
      return resolve(request, { ...parent, filename: join(notebookFolder, 'cell.js') }, ...rest);
    }
    return resolve(request, parent, ...rest);
  };

  loader._extensions['.ts'] = (module, path) => {
    loaded.set(path, stateOf(path));
    const source = readFileSync(path, 'utf8');
    const isOurs = isInside(root, path) && !isInside(notebookFolder, path);
    module._compile(isOurs ? keptWithoutTypes(path, source) : withoutTypes(path, source), path);
  };

  function refresh() {
    const changed = [...loaded].filter(([path, state]) => stateOf(path) !== state).map(([path]) => path);
    if (changed.length === 0) return;
    const onlyMine = changed.every((path) => isInside(notebookFolder, path));
    for (const path of loaded.keys()) {
      if (onlyMine && !isInside(notebookFolder, path)) continue;
      delete require.cache[path];
      loaded.delete(path);
    }
  }

  return { refresh };
}

/** @param {string} path @param {string} source */
function withoutTypes(path, source) {
  return transform(source, { transforms: ['typescript', 'imports'], disableESTransforms: true, filePath: path }).code;
}

/** @param {string} path @param {string} source */
function keptWithoutTypes(path, source) {
  const kept = join(keptFolder, `${relative(root, path)}.js`);
  // At the end, so that a file which is being written does not count yet.
  const mark = `\n// ${createHash('sha256').update(getVersion()).update(source).digest('hex')}\n`;
  const before = textOf(kept);
  if (before?.endsWith(mark)) return before;
  const code = withoutTypes(path, source) + mark;
  try {
    mkdirSync(dirname(kept), { recursive: true });
    writeFileSync(kept, code);
  } catch {
    // A folder that cannot be written costs half a second for each kernel, and nothing else.
  }
  return code;
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Changes whenever the file does; a file that is gone has a state too. */
function stateOf(/** @type {string} */ path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs} ${stat.size}` : 'gone';
}

module.exports = { installModules, stateOf };
