/**
 * Where things are: the root of the project, the folder of the notebook that runs, and the names under which cells import the
 * library, read from `tsconfig.json` so that editor, compiler and kernel agree.
 */
const { readdirSync, readFileSync } = require('node:fs');
const { dirname, join, relative, sep } = require('node:path');

const root = join(__dirname, '..', '..', '..');

/** @typedef {typeof import('typescript5')} TypeScript */

/** Paths as TypeScript writes them, with forward slashes on every system. */
const slashed = (/** @type {string} */ path) => path.split(sep).join('/');

/**
 * The bare names of the project (`kafkaito`, `course`, `course/00`) and the files that they mean.
 * @param {TypeScript} ts
 * @returns {Map<string, string>}
 */
function projectNames(ts) {
  const { config } = ts.parseConfigFileTextToJson('tsconfig.json', readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  /** @type {[string, string[]][]} */
  const paths = Object.entries(config.compilerOptions.paths);
  return new Map(
    paths.flatMap(([name, [target]]) => (name.endsWith('/*') ? eachIn(name, target) : [[name, join(root, target)]])),
  );
}

/**
 * What a name such as `course/*` means: one file for each name.
 * @param {string} name @param {string} target
 * @returns {[string, string][]}
 */
function eachIn(name, target) {
  const folder = join(root, dirname(target));
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));
  return files.map((file) => [name.replace('*', file.slice(0, -'.ts'.length)), join(folder, file)]);
}

/** @param {string} folder @param {string} path */
function isInside(folder, path) {
  const way = relative(folder, path);
  return way !== '' && !way.startsWith('..') && !way.includes(`node_modules${sep}`);
}

/**
 * How a learner knows a file: by its bare name when it lies beside the notebook, otherwise from the root of the project.
 * @param {string} path @param {string} notebookFolder
 */
function shownPath(path, notebookFolder) {
  return slashed(dirname(path) === notebookFolder ? relative(notebookFolder, path) : relative(root, path));
}

module.exports = { root, slashed, projectNames, isInside, shownPath };
