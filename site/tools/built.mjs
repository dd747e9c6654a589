/** The built site, for those who serve it: built first when there is none, or when anything it is made from is newer. */
import '../../test/tools/install.mjs';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageScript, root, runNode } from '../../test/tools/steps.mjs';

const SITE = join(root, 'dist', 'site');
const SOURCES = ['chapters', 'lib', 'notebooks', 'site', 'package-lock.json'];

/**
 * With KAFKAITO_BASE it stands at that path, as it would on its host.
 * @returns {Promise<{ folder: string, base: string }>}
 */
export async function builtSite() {
  const { tsImport } = await import('tsx/esm/api');
  /** @type {typeof import('../.vitepress/address.ts')} */
  const { siteAddress } = await tsImport('../.vitepress/address.ts', import.meta.url);
  const { base } = siteAddress(process.env.KAFKAITO_BASE ?? '');
  if (!isBuiltFor(base) || newest(SOURCES.map((name) => join(root, name))) > changed(join(SITE, 'index.html'))) {
    await runNode(packageScript('vitepress', 'bin', 'vitepress.js'), 'build', 'site');
  }
  return { folder: SITE, base };
}

/** @param {string} base */
function isBuiltFor(base) {
  const page = join(SITE, 'index.html');
  return existsSync(page) && readFileSync(page, 'utf8').includes(`src="${base}assets/app.`);
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
