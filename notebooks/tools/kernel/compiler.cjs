/**
 * How cells are compiled. tslab compiles with options of its own: not strict, and with rules for imports from before packages had
 * `exports`. It offers no way to set them, so this file stands between tslab and its TypeScript and corrects the call with which the
 * compiler is made. tslab is pinned exactly for that reason, and a test runs cells that need every one of these corrections.
 *
 * Three more things happen here. A cell's relative imports start at the folder of its notebook. Files are looked at when a cell
 * is compiled instead of being watched, so an edit counts at once. And each cell keeps the way from its JavaScript back to the
 * lines that the learner sees.
 */
const { existsSync } = require('node:fs');
const { SourceMap } = require('node:module');
const { join } = require('node:path');
const { isInside, projectNames, root, shownPath, slashed } = require('./project.cjs');
const { stateOf } = require('./modules.cjs');

/** @typedef {import('tslab/dist/converter.js').Converter} Converter */

const typeScriptPath = require.resolve('@tslab/typescript-for-tslab');
/** @type {import('./project.cjs').TypeScript} */
const original = require(typeScriptPath);
/** A part of it that its types leave out. */
const binder =
  /** @type {{ bindSourceFile(file: import('typescript5').SourceFile, options: import('typescript5').CompilerOptions): void }} */ (
    /** @type {unknown} */ (original)
  );
/** tslab's TypeScript, open to correction: its own properties cannot be changed, those of a copy can. */
const ts = { ...original };
/** @type {NodeJS.Module} */ (require.cache[typeScriptPath]).exports = ts;

/** tslab keeps the current cell and the declarations of the earlier ones under these names. */
const cellFile = slashed(join(root, '__tslab__.ts'));
const earlierFile = slashed(join(root, '__prev__.d.ts'));
/** The line that tslab puts above a cell to make it a module. */
const LINES_BEFORE_CELL = 1;

/**
 * @param {string} notebookFolder
 * @returns {{ converter: Converter, cellOf: (script: string) => import('./stacks.cjs').CellSource | undefined, nextCell: (name: string) => void }}
 */
function createCellCompiler(notebookFolder) {
  const files = askedFiles(notebookFolder);
  const maps = mapRecorder();
  ts.createWatchCompilerHost = correctedHost(notebookFolder, files, maps);
  const converter = require('tslab/dist/converter.js').createConverter({ isJS: false, isBrowser: false });
  /** @type {Map<string, import('./stacks.cjs').CellSource>} */
  const cells = new Map();
  let name = 'cell';

  const convert = converter.convert.bind(converter);
  converter.convert = (earlier, source) => {
    files.refresh();
    maps.forget();
    const result = convert(earlier, source);
    for (const diagnostic of result.diagnostics) {
      if (diagnostic.fileName) diagnostic.fileName = shownPath(join(root, diagnostic.fileName), notebookFolder);
    }
    // tslab sees `await` expressions only. A cell that only has a `for await` needs an async function around it as well.
    if (/\bfor\s+await\b/.test(source)) result.hasToplevelAwait = true;
    const map = maps.take();
    if (result.output === undefined || !map) return result;
    const script = `kafkaito:cell/${cells.size + 1}`;
    const scriptLines = result.output.trimEnd().split('\n').length;
    cells.set(script, { name, map, linesBefore: LINES_BEFORE_CELL, scriptLines });
    result.output += `\n//# sourceURL=${script}`;
    return result;
  };
  return { converter, cellOf: (script) => cells.get(script), nextCell: (given) => (name = given) };
}

/**
 * The call that makes tslab's compiler, corrected.
 * @param {string} notebookFolder
 * @param {ReturnType<typeof askedFiles>} files
 * @param {ReturnType<typeof mapRecorder>} maps
 */
function correctedHost(notebookFolder, files, maps) {
  /** @type {(rootFiles: string[], options: import('typescript5').CompilerOptions, system: import('typescript5').System, builder: null, ...rest: never[]) => unknown} */
  const corrected = (rootFiles, options, system, _, ...rest) => {
    files.takeOver(system);
    const cellOptions = { ...options, ...optionsOfCells() };
    const host = original.createWatchCompilerHost(rootFiles, cellOptions, system, keepingBuilder(), ...rest);
    const cache = original.createModuleResolutionCache(root, (path) => path, cellOptions);
    host.resolveModuleNameLiterals = (literals, from, redirect, resolveOptions) =>
      literals.map(({ text }) => {
        const isCell = from === cellFile || from === earlierFile;
        const find = (/** @type {string} */ file, /** @type {typeof cache | undefined} */ known) =>
          original.resolveModuleName(text, file, resolveOptions, host, known, redirect);
        if (!isCell) return find(from, isInside(notebookFolder, from) ? undefined : cache);
        const beside = find(slashed(join(notebookFolder, 'cell.ts')), undefined);
        return beside.resolvedModule ? beside : find(from, undefined);
      });
    // A file beside the notebook may have appeared since the last cell; the library's imports stay what they were.
    host.hasInvalidatedResolutions = (path) =>
      path === cellFile || path === earlierFile || isInside(notebookFolder, path);
    /** @type {((builder: import('typescript5').BuilderProgram) => void) | undefined} */
    let afterProgramCreate;
    Object.defineProperty(host, 'afterProgramCreate', {
      get: () => afterProgramCreate,
      set: (given) => {
        afterProgramCreate = (builder) => given(leanBuilder(builder, files, maps));
      },
    });
    return host;
  };
  return /** @type {typeof original.createWatchCompilerHost} */ (/** @type {unknown} */ (corrected));
}

/**
 * A source that this cell does not import, the next one may, so it stays read until it is gone. And nobody needs TypeScript's account of
 * which file depends on which, since only the cell itself is emitted: the builder is one that keeps none. Both make cells faster.
 * @returns {import('typescript5').CreateProgram<import('typescript5').BuilderProgram>}
 */
function keepingBuilder() {
  /** @typedef {(source: import('typescript5').SourceFile, ...rest: unknown[]) => void} Release */
  /** @type {Release | undefined} */
  let release;
  /** @type {Release} */
  const releaseWhatIsGone = (source, ...rest) => {
    if (!existsSync(source.fileName)) release?.(source, ...rest);
  };
  return (rootFiles, options, host, ...rest) => {
    const releasing = /** @type {{ onReleaseOldSourceFile?: Release }} */ (host);
    release ??= releasing.onReleaseOldSourceFile;
    releasing.onReleaseOldSourceFile = releaseWhatIsGone;
    return original.createAbstractBuilder(/** @type {string[]} */ (rootFiles), options, host, ...rest);
  };
}

/** @returns {import('typescript5').CompilerOptions} */
function optionsOfCells() {
  const paths = [...projectNames(original)].map(([name, path]) => [name, [slashed(path)]]);
  return {
    strict: true,
    noImplicitOverride: true,
    target: original.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts'],
    types: ['node'],
    moduleResolution: original.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    sourceMap: true,
    pathsBasePath: slashed(root),
    paths: Object.fromEntries(paths),
  };
}

/**
 * tslab checks and emits every source that a cell imports, however indirectly, each time. The library's sources are loaded by
 * `modules.cjs` and checked by `npm run check`; here only the learner's files and those edited since the kernel started are checked.
 * @param {import('typescript5').BuilderProgram} builder
 * @param {ReturnType<typeof askedFiles>} files
 * @param {ReturnType<typeof mapRecorder>} maps
 */
function leanBuilder(builder, files, maps) {
  const lean = Object.create(builder);
  findNames(builder.getSourceFile(cellFile), builder.getCompilerOptions());
  lean.getAllDependencies = (/** @type {import('typescript5').SourceFile} */ file) =>
    [...reachedFrom(file, builder)].filter((path) => path === cellFile || files.isSuspect(path));
  /** @type {typeof builder.emit} */
  lean.emit = (file, write, ...rest) => {
    if (file?.fileName !== cellFile) return { emitSkipped: true, diagnostics: [] };
    return builder.emit(
      file,
      (path, text, ...more) => {
        if (path.endsWith('.js.map')) maps.first(text);
        else write?.(path, text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'), ...more);
      },
      ...rest,
    );
  };
  return lean;
}

/**
 * tslab reads the names that a cell declares before it asks for anything that would have them found. It compiles each cell twice, the first
 * time for these names only, and for them alone no type has to be known.
 * @param {import('typescript5').SourceFile | undefined} file
 * @param {import('typescript5').CompilerOptions} options
 */
function findNames(file, options) {
  if (file) binder.bindSourceFile(file, options);
}

/**
 * The files that a file imports, however indirectly, and itself.
 * @param {import('typescript5').SourceFile | undefined} file
 * @param {import('typescript5').BuilderProgram} builder
 * @param {Set<string>} reached
 */
function reachedFrom(file, builder, reached = new Set()) {
  if (!file || reached.has(file.fileName)) return reached;
  reached.add(file.fileName);
  /** @typedef {{ resolvedModule?: import('typescript5').ResolvedModule }} Resolution */
  const { resolvedModules } =
    /** @type {{ resolvedModules?: { forEach(visit: (found: Resolution) => void): void } }} */ (
      /** @type {unknown} */ (file)
    );
  resolvedModules?.forEach(({ resolvedModule }) => {
    if (resolvedModule) reachedFrom(builder.getSourceFile(resolvedModule.resolvedFileName), builder, reached);
  });
  return reached;
}

/**
 * The compiler's watch over files, replaced by a look at them before each cell.
 * @param {string} notebookFolder
 */
function askedFiles(notebookFolder) {
  /** @type {Map<string, { state: string, notify: import('typescript5').FileWatcherCallback }>} */
  const watched = new Map();
  /** @type {Set<string>} */
  const edited = new Set();
  return {
    takeOver(/** @type {import('typescript5').System} */ system) {
      const watchFile = system.watchFile;
      system.watchFile = (path, notify, ...rest) => {
        const isVirtual = path === cellFile || path === earlierFile;
        if (isVirtual && watchFile) return watchFile(path, notify, ...rest);
        if (isInside(root, path)) watched.set(path, { state: stateOf(path), notify });
        return { close: () => watched.delete(path) };
      };
      system.watchDirectory = () => ({ close: () => {} });
    },
    refresh() {
      for (const [path, file] of [...watched]) {
        const state = stateOf(path);
        if (state === file.state) continue;
        file.state = state;
        edited.add(path);
        file.notify(
          path,
          state === 'gone' ? original.FileWatcherEventKind.Deleted : original.FileWatcherEventKind.Changed,
        );
      }
    },
    /** Whether the types of a file may be wrong. */
    isSuspect: (/** @type {string} */ path) => edited.has(path) || isInside(notebookFolder, path),
  };
}

/**
 * Follows a cell through its two compilations, from TypeScript to modern JavaScript and from there to CommonJS, and joins the two
 * maps into one.
 */
function mapRecorder() {
  /** @type {string | undefined} */
  let first;
  /** @type {string | undefined} */
  let second;
  ts.transpileModule = (input, options) => {
    if (options.fileName !== 'custom.js') return original.transpileModule(input, options);
    const compilerOptions = { ...options.compilerOptions, sourceMap: true };
    const result = original.transpileModule(input, { ...options, compilerOptions });
    second = result.sourceMapText;
    return { ...result, outputText: result.outputText.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n') };
  };
  return {
    forget: () => {
      first = second = undefined;
    },
    first: (/** @type {string} */ text) => {
      first = text;
    },
    take: () =>
      first && second ? joined(new SourceMap(JSON.parse(first)), new SourceMap(JSON.parse(second))) : undefined,
  };
}

/**
 * @param {SourceMap} first
 * @param {SourceMap} second
 * @returns {SourceMap} of which only `findEntry` is used
 */
function joined(first, second) {
  return Object.assign(Object.create(first), {
    findEntry: (/** @type {number} */ line, /** @type {number} */ column) => {
      const between = second.findEntry(line, column);
      return 'originalLine' in between ? first.findEntry(between.originalLine, between.originalColumn) : between;
    },
  });
}

module.exports = { createCellCompiler, ts: original };
