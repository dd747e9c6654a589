/**
 * `npm run site`: shows the site on this machine. It is built first when there is none, or when anything it is made from is newer.
 * `npm run site -- --port 4173` chooses the port.
 */
import '../../test/tools/install.mjs';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tsImport } from 'tsx/esm/api';
import { packageScript, root, runNode } from '../../test/tools/steps.mjs';

const SITE = join(root, 'dist', 'site');
const SOURCES = ['chapters', 'lib', 'notebooks', 'site', 'package-lock.json'];

const port = readPort(process.argv.slice(2));
if (
  !existsSync(join(SITE, 'index.html')) ||
  newest(SOURCES.map((name) => join(root, name))) > changed(join(SITE, 'index.html'))
) {
  await runNode(packageScript('vitepress', 'bin', 'vitepress.js'), 'build', 'site');
}
/** @type {typeof import('./server.ts')} */
const { serveFolder } = await tsImport('./server.ts', import.meta.url);
const { address } = await serveFolder(SITE, port).catch(() => serveFolder(SITE, 0));
console.log(`The site is at ${address} (stop it with Ctrl+C)`);

/** @param {string[]} args */
function readPort(args) {
  const [option, value, ...rest] = args;
  if (option === undefined) return 4173;
  const number = Number(value);
  if (option === '--port' && Number.isInteger(number) && rest.length === 0) return number;
  console.error('Usage: npm run site [-- --port NUMBER]');
  process.exit(2);
}

/**
 * When the newest of these files and folders was changed, in ms. Learners' own copies are no part of the site.
 * @param {string[]} paths
 * @returns {number}
 */
function newest(paths) {
  return Math.max(
    0,
    ...paths.map((path) => {
      if (!statSync(path).isDirectory()) return changed(path);
      const names = readdirSync(path).filter((name) => name !== 'mine');
      return newest(names.map((name) => join(path, name)));
    }),
  );
}

/** @param {string} path */
function changed(path) {
  return statSync(path).mtimeMs;
}
