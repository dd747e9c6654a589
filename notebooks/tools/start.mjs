/**
 * `npm start`: makes a learner of whoever has cloned the project. Installs what is missing, makes the learner's own copy of every
 * chapter, and opens JupyterLab on the first one with the TypeScript kernel. Plain JavaScript without dependencies, since it
 * runs before there are any.
 *
 * Options, after `--`: `--no-browser` opens no window, `--port N` takes this port or fails.
 */
import '../../test/tools/install.mjs';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { isFree, startJupyter } from './jupyter.mjs';
import { learnersCopies } from './mine.mjs';
import { startProgress } from './progress.mjs';
import { installJupyter, root } from './python.mjs';

const USUAL_PORT = 8888;

try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function main() {
  const { port, openBrowser } = options();
  if (port !== undefined && !(await isFree(port))) {
    throw new Error(`Port ${port} is taken. Choose another one, or leave --port out and a free one is found.`);
  }
  await installJupyter();
  const copies = learnersCopies();
  for (const name of copies.make()) {
    console.log(
      `Chapter ${name} has changed since your copy was made. To get it:  npm run exercises -- reset ${name.slice(0, 2)}`,
    );
  }
  const [first] = copies.names();
  const done = startProgress('Starting JupyterLab');
  const jupyter = await startJupyter({
    notebook: copies.copyOf(first),
    folder: copies.folder,
    port: port ?? USUAL_PORT,
    openBrowser,
  }).finally(done);
  const seconds = process.uptime().toFixed(1);
  console.log(`\nJupyterLab is ready after ${seconds} s, for this machine only:\n\n  ${jupyter.url}\n`);
  console.log(
    `Your copies of the chapters are in ${relative(root, copies.folder)}; updates leave them alone. Ctrl-C ends it.`,
  );
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, jupyter.stop);
  process.exitCode = await jupyter.ended;
  console.log('JupyterLab has ended.');
}

function options() {
  const { values } = parseArgs({
    options: { 'no-browser': { type: 'boolean', default: false }, port: { type: 'string' } },
  });
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536)) {
    throw new Error(`--port ${values.port} is no port: a whole number from 1 to 65535.`);
  }
  // Without a desktop a text browser might take over the terminal.
  const hasDesktop = process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  return { port, openBrowser: !values['no-browser'] && hasDesktop };
}
