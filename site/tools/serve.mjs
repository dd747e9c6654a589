/**
 * `npm run site`: shows the site on this machine. It is built first when there is none, or when anything it is made from is newer.
 * `npm run site -- --port 4173` chooses the port. With KAFKAITO_BASE it stands at that path, as it would on its host.
 */
import '../../test/tools/install.mjs';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tsImport } from 'tsx/esm/api';
import { packageScript, root, runNode } from '../../test/tools/steps.mjs';

const SITE = join(root, 'dist', 'site');
const SOURCES = ['chapters', 'lib', 'notebooks', 'site', 'package-lock.json'];

const port = readPort(process.argv.slice(2));
/** @type {typeof import('../.vitepress/address.ts')} */
const { siteAddress } = await tsImport('../.vitepress/address.ts', import.meta.url);
const { base } = siteAddress(process.env.KAFKAITO_BASE ?? '');
if (!isBuiltFor(base) || newest(SOURCES.map((name) => join(root, name))) > changed(join(SITE, 'index.html'))) {
  await runNode(packageScript('vitepress', 'bin', 'vitepress.js'), 'build', 'site');
}
/** @type {typeof import('./server.ts')} */
const { serveFolder } = await tsImport('./server.ts', import.meta.url);
const { address } = await serveFolder(SITE, port, '127.0.0.1', base).catch(() =>
  serveFolder(SITE, 0, '127.0.0.1', base),
);
console.log(`The site is at ${address}${base} (stop it with Ctrl+C)`);

/** @param {string} base */
function isBuiltFor(base) {
  const page = join(SITE, 'index.html');
  return existsSync(page) && readFileSync(page, 'utf8').includes(`src="${base}assets/app.`);
}

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
