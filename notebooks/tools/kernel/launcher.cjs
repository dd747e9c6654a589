/**
 * The TypeScript kernel of the notebooks: tslab with strict types, the project's names in imports, sources of `lib/` that can be
 * edited while a notebook is open, cells that are files, drawings, and error lines that point into the cell. The kernel
 * specification beside it starts this file with `kernel --config-path FILE`, as Jupyter asks.
 *
 * It reaches into private files of tslab, which is why tslab's version is pinned and `test/notebooks/kernel.test.ts` runs it.
 */
const vm = require('node:vm');
const { projectNames, root } = require('./project.cjs');

// First of all, since loading takes a second or two, and the parent may be gone by then.
endWithParent();

/** Jupyter starts a kernel in the folder of its notebook. tslab wants to be at the root of the project. */
const notebookFolder = process.cwd();
process.chdir(root);

const { createCellCompiler, ts } = require('./compiler.cjs');
const { installModules } = require('./modules.cjs');
const { createSavedFiles, fileOf } = require('./savedFiles.cjs');
const { installStacks } = require('./stacks.cjs');
const { createExecutor, createRequire } = require('tslab/dist/executor.js');
const jupyter = require('tslab/dist/jupyter.js');

const configPath = process.argv[process.argv.indexOf('--config-path') + 1];
if (!process.argv.includes('--config-path')) {
  console.error('This file is started by Jupyter. To open the notebooks, run:  npm start');
  process.exit(2);
}

const modules = installModules(ts, notebookFolder);
const { converter, cellOf, nextCell } = createCellCompiler(notebookFolder);
installStacks(notebookFolder, cellOf);
const savedFiles = createSavedFiles(notebookFolder);

const converters = { node: converter, browser: converter, close: () => converter.close() };
const executor = createExecutor(root, converters, { log: console.log, error: console.error });
const handler = new jupyter.JupyterHandlerImpl(executorOfCells(), false);
const server = new jupyter.ZmqServer(handler, configPath);

installDisplay();
describeLanguage();
leaveErrorsAsTheyAre();
const warming = setTimeout(warmUp, 1000);
// Open servers of a learner would otherwise hold the process, and with it their ports, after Jupyter has let go of it.
handler.close = () => {
  executor.close();
  setTimeout(() => process.exit(0), 50);
};
process.removeAllListeners('warning');
process.on('warning', warn);
process.on('SIGINT', () => executor.interrupt());
process.on('uncaughtException', (error) => console.error('UncaughtException:', error));
process.on('unhandledRejection', (reason) => console.error('UnhandledPromiseRejection:', reason));
server.init().catch((error) => {
  console.error(`The kernel cannot listen where Jupyter expects it: ${error.message}`);
  process.exit(1);
});

/**
 * Node's warnings without the number of the process, which changes with every run. Left out are those on what is experimental, which
 * depend on Node's version, and those on negative time-outs: kafkajs 2.2.4 sets them, they mean "at once", and Node 24 minds.
 * @param {Error} warning
 */
function warn({ name, message }) {
  if (name !== 'ExperimentalWarning' && name !== 'TimeoutNegativeWarning') console.error(`${name}: ${message}`);
}

/** tslab's executor, which now also knows cells that are files and looks for edited sources before each cell. */
function executorOfCells() {
  let count = 0;
  return Object.assign(Object.create(executor), {
    execute: async (/** @type {string} */ source) => {
      clearTimeout(warming);
      count += 1;
      nextCell(`cell [${count}]`);
      const file = fileOf(source);
      if (file) return saveFile(file, source);
      modules.refresh();
      return executor.execute(source);
    },
  });
}

/**
 * Reads and loads the library while the reader still reads the first lines, so that the first cell does not have to. A source that is
 * broken at this moment is for the cell that imports it to report.
 */
function warmUp() {
  const imports = [...projectNames(ts).keys()].map((name) => `import ${JSON.stringify(name)};`);
  try {
    converter.convert('', imports.join('\n'));
    for (const name of projectNames(ts).keys()) createRequire(root)(name);
  } catch {}
}

/** @param {string} name @param {string} source */
function saveFile(name, source) {
  const said = savedFiles.save(name, source);
  // An import of the file alone shows what is wrong in it, and runs nothing.
  const { diagnostics } = converter.convert('', `import './${name}';`);
  for (const { fileName, start, messageText } of diagnostics) {
    console.error(`${fileName ?? name} ${start.line + 1}:${start.character + 1} - ${messageText}`);
  }
  console.log(said);
  return diagnostics.length === 0;
}

/** Node would write the line of compiled code above the message of an error; what is shown instead is in `stacks.cjs`. */
function leaveErrorsAsTheyAre() {
  const run = vm.runInThisContext;
  vm.runInThisContext = (code, options) =>
    run(code, typeof options === 'object' ? { ...options, displayErrors: false } : options);
}

/**
 * Gives cells a way to show one content in several forms; the medium takes the best that it knows. Jupyter would show a drawing without
 * the words that say the same, so the two are put together in a further form.
 */
function installDisplay() {
  Object.defineProperty(globalThis, Symbol.for('kafkaito.display'), {
    value: (/** @type {{ [mimeType: string]: string }} */ bundle) => {
      const { 'text/plain': words, 'image/svg+xml': svg, 'text/html': html } = bundle;
      const data = svg && words && !html ? { ...bundle, 'text/html': withWords(svg, words) } : bundle;
      jupyter.lastWriteDisplayData({ data, metadata: {}, transient: {} }, false);
    },
  });
}

/** @param {string} svg @param {string} words */
function withWords(svg, words) {
  const escaped = words.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<figure style="margin: 0">${svg}<details><summary>In words</summary><pre>${escaped}</pre></details></figure>`;
}

/** What Jupyter asks about the language; the answer is the one in the notebooks, so that opening one changes nothing in it. */
function describeLanguage() {
  const describe = handler.handleKernel.bind(handler);
  handler.handleKernel = () => ({
    ...describe(),
    language_info: { name: 'typescript', version: '', mimetype: 'text/typescript', file_extension: '.ts' },
  });
}

/** A Jupyter that was killed cannot say goodbye; without this its kernels would live on with their ports. */
function endWithParent() {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent || !isAlive(parent)) process.exit(0);
  }, 1000).unref();
}

/** @param {number} processId */
function isAlive(processId) {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
