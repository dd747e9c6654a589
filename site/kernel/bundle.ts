/**
 * Bundles the cell kernel at the time the site is built: worker.ts with the library, the course's tools and the two parsers, as one
 * text. The page receives it as a string, because only a string can enter the sandbox.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { FRAME_SCRIPT, frameDocument } from './frame.ts';
import { keepClassNames, slimSucrase } from './slimming.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What the page needs to start a kernel, and the files to watch for changes. */
export interface KernelBundle {
  workerText: string;
  frame: string;
  inputs: string[];
}

/** Bundles the kernel. Fails, with esbuild's message, when a module of the library cannot be resolved for the page. */
export async function bundleKernel(): Promise<KernelBundle> {
  const result = await build({
    entryPoints: [join(ROOT, 'site/kernel/worker.ts')],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    format: 'iife',
    platform: 'browser',
    mainFields: ['module', 'main'],
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    charset: 'utf8',
    alias: {
      kafkaito: join(ROOT, 'lib/index.ts'),
      course: join(ROOT, 'chapters/tools/index.ts'),
    },
    plugins: [slimSucrase(), keepClassNames([join(ROOT, 'lib'), join(ROOT, 'chapters')])],
    tsconfigRaw: {},
    logLevel: 'silent',
  });
  const hash = createHash('sha256').update(FRAME_SCRIPT).digest('base64');
  return {
    workerText: result.outputFiles[0].text,
    frame: frameDocument(hash),
    inputs: Object.keys(result.metafile.inputs).map((input) => join(ROOT, input)),
  };
}
