/**
 * Starts JupyterLab for this project alone: its settings, its state and its kernels come from folders of the project, it listens on this
 * machine only, asks for a token, and calls nobody outside. (News, updates and the extension manager would.)
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, dirname, join, relative, sep } from 'node:path';
import { waitFor } from './progress.mjs';
import { pythonEnvironment, root, stateFolder, venvPython } from './python.mjs';

const START_LIMIT_MS = 90_000;
const logFile = join(stateFolder, 'jupyter.log');
const runtimeFolder = join(stateFolder, 'runtime');

const serverSettings = {
  LabApp: {
    news_url: null,
    check_for_updates_class: 'jupyterlab.NeverCheckForUpdate',
    extension_manager: 'readonly',
    custom_css: true,
  },
  ServerApp: {
    ip: '127.0.0.1',
    port_retries: 50,
    // The page that redirects would lie in a hidden folder, which some packaged browsers may not read.
    use_redirect_file: false,
    answer_yes: true,
    // In a container there is often no other user; the address and the token stay what they are.
    allow_root: process.getuid?.() === 0,
  },
  KernelSpecManager: { ensure_native_kernel: false, allowed_kernelspecs: ['tslab'] },
};

/** What the page shows. Cells have line numbers, since errors name lines. */
const pageSettings = {
  '@jupyterlab/apputils-extension:notification': { fetchNews: 'false', checkForUpdates: false },
  '@jupyterlab/extensionmanager-extension:plugin': { enabled: false },
  '@jupyterlab/notebook-extension:tracker': { codeCellConfig: { lineNumbers: true }, recordTiming: false },
};

/** Prose in lines that can be read, words and tables as in a book; code may be wider. */
const pageStyle = `.jp-Notebook .jp-RenderedMarkdown { max-width: 46rem; line-height: 1.6; }
.jp-Notebook .jp-RenderedMarkdown table { margin-left: 0; }
.jp-OutputArea-output pre { word-break: normal; overflow-wrap: anywhere; }
.jp-OutputArea-output svg { max-width: 100%; height: auto; }
.jp-OutputArea-output details { padding-left: 0.5rem; }
`;

/**
 * @typedef {{ url: string, port: number, ended: Promise<number>, stop: () => void }} RunningJupyter
 *
 * @param {{ notebook: string, folder: string, port: number, openBrowser: boolean }} options
 * @returns {Promise<RunningJupyter>} once it answers
 */
export async function startJupyter({ notebook, folder, port, openBrowser }) {
  writeSettings();
  const token = randomBytes(24).toString('hex');
  const page = `/lab/tree/${relative(root, notebook).split(sep).map(encodeURIComponent).join('/')}`;
  const options = [
    `--ServerApp.root_dir=${root}`,
    `--FileContentsManager.preferred_dir=${folder}`,
    `--ServerApp.port=${port}`,
    `--ServerApp.open_browser=${openBrowser ? 'True' : 'False'}`,
    `--LabApp.default_url=${page}`,
  ];
  const log = openSync(logFile, 'w');
  const child = spawn(venvPython, ['-m', 'jupyterlab', ...options], {
    cwd: root,
    env: jupyterEnvironment(token),
    stdio: ['ignore', log, log],
    windowsHide: true,
  });
  closeSync(log);
  /** @type {Promise<number>} */
  const ended = new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 0));
  });
  const stop = () => void child.kill('SIGTERM');
  const early = ended.then(() => 'ended');
  const found = await Promise.race([waitFor(() => portOf(token), START_LIMIT_MS), early]);
  if (typeof found !== 'number') {
    stop();
    const what = found === 'ended' ? 'has ended while starting' : `has not answered within ${START_LIMIT_MS / 1000} s`;
    throw new Error(`JupyterLab ${what}. The end of ${relative(root, logFile)}:\n\n${endOfLog()}`);
  }
  return { url: `http://127.0.0.1:${found}${page}?token=${token}`, port: found, ended, stop };
}

/** Whether a port of this machine is free. @param {number} port @returns {Promise<boolean>} */
export function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** The last lines that Jupyter has logged. */
export function endOfLog() {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-25).join('\n');
}

/** @param {string} token */
function jupyterEnvironment(token) {
  const env = pythonEnvironment();
  const path = Object.keys(env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  return {
    ...env,
    // The kernel runs under the Node that runs this, whatever else is called node.
    [path]: [dirname(process.execPath), env[path] ?? ''].join(delimiter),
    JUPYTER_TOKEN: token,
    JUPYTER_PATH: join(root, 'notebooks', 'tools', 'jupyter'),
    JUPYTER_CONFIG_DIR: join(stateFolder, 'config'),
    JUPYTER_CONFIG_PATH: '',
    JUPYTER_DATA_DIR: join(stateFolder, 'data'),
    JUPYTER_RUNTIME_DIR: runtimeFolder,
    JUPYTERLAB_SETTINGS_DIR: join(stateFolder, 'settings'),
    JUPYTERLAB_WORKSPACES_DIR: join(stateFolder, 'workspaces'),
    IPYTHONDIR: join(stateFolder, 'ipython'),
  };
}

function writeSettings() {
  const config = join(stateFolder, 'config');
  const page = join(root, '.venv', 'share', 'jupyter', 'lab', 'settings');
  const style = join(config, 'custom');
  for (const folder of [style, page, runtimeFolder]) mkdirSync(folder, { recursive: true });
  writeFileSync(join(config, 'jupyter_lab_config.json'), JSON.stringify(serverSettings, null, 2));
  writeFileSync(join(style, 'custom.css'), pageStyle);
  writeFileSync(join(page, 'overrides.json'), JSON.stringify(pageSettings, null, 2));
}

/** The port of the server with our token: Jupyter leaves a note with it when it listens. @param {string} token */
function portOf(token) {
  for (const name of readdirSync(runtimeFolder)) {
    if (!/^jpserver-\d+\.json$/.test(name)) continue;
    try {
      const note = JSON.parse(readFileSync(join(runtimeFolder, name), 'utf8'));
      if (note.token === token) return Number(note.port);
    } catch {
      // Half written: it will be whole at the next look.
    }
  }
  return undefined;
}
