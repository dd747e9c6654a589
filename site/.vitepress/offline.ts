/**
 * Makes the service worker of the built site (../offline/worker.ts): it is told the version, which is a hash of everything that was built, and the files
 * that make up the shell.
 */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT } from './book.ts';

/**
 * Writes `sw.js` into the folder of the built site; nothing may be added to the folder after that.
 * @param base the path of the site on its host
 */
export async function writeServiceWorker(folder: string, base: string): Promise<void> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.slice(folder.length).replaceAll('\\', '/')).update(readFileSync(file));
  const chunks = readdirSync(join(folder, 'assets', 'chunks')).sort();
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join(ROOT, 'site/offline/worker.ts')],
    outfile: join(folder, 'sw.js'),
    bundle: true,
    format: 'iife',
    target: 'es2022',
    minify: true,
    define: {
      VERSION: JSON.stringify(hash.digest('hex').slice(0, 16)),
      BASE: JSON.stringify(base),
      CHUNKS: JSON.stringify(chunks.map((chunk) => `${base}assets/chunks/${chunk}`)),
    },
    tsconfigRaw: {},
    logLevel: 'silent',
  });
}
