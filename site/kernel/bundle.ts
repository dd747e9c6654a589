/**
 * Bundles the cell kernel at the time the site is built: worker.ts with the library, the course's tools and the two parsers, as one
 * text. The page receives it as a string, because only a string can enter the sandbox.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { FRAME_SCRIPT, frameDocument } from './frame.ts';
import { keepClassNames, slimAcorn, slimSucrase, withoutAbout } from './slimming.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CODECS = join(ROOT, 'lib/codecs/codecs.ts');

/** What the page needs to start a kernel, and the files to watch for changes. */
export interface KernelBundle {
  workerText: string;
  frame: string;
  inputs: string[];
}

const common = {
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
  tsconfigRaw: {},
  logLevel: 'silent',
} satisfies BuildOptions;

/** Bundles the kernel. Fails, with esbuild's message, when a module of the library cannot be resolved for the page. */
export async function bundleKernel(): Promise<KernelBundle> {
  const result = await build({
    ...common,
    entryPoints: [join(ROOT, 'site/kernel/worker.ts')],
    alias: {
      kafkaito: join(ROOT, 'lib/index.ts'),
      course: join(ROOT, 'chapters/tools/index.ts'),
    },
    plugins: [
      codecsApart(),
      slimSucrase(),
      slimAcorn(),
      withoutAbout(join(ROOT, 'lib', 'protocol')),
      keepClassNames([join(ROOT, 'lib'), join(ROOT, 'chapters')]),
    ],
  });
  const hash = createHash('sha256').update(FRAME_SCRIPT).digest('base64');
  return {
    workerText: result.outputFiles[0].text,
    frame: frameDocument(hash),
    inputs: Object.keys(result.metafile.inputs).map((input) => join(ROOT, input)),
  };
}

/** What the page needs for cells that pack records (codecs.ts), and the files to watch. */
export interface CodecsBundle {
  codecsText: string;
  inputs: string[];
}

export async function bundleCodecs(): Promise<CodecsBundle> {
  const result = await build({
    ...common,
    entryPoints: [CODECS],
    globalName: 'codecs',
    plugins: [sharedErrors()],
  });
  return {
    codecsText: result.outputFiles[0].text,
    inputs: Object.keys(result.metafile.inputs).map((input) => join(ROOT, input)),
  };
}

function codecsApart(): Plugin {
  return {
    name: 'codecs-apart',
    setup({ onResolve }) {
      onResolve({ filter: /\/codecs\/codecs\.ts$/ }, () => ({ path: join(ROOT, 'site/kernel/codecs.ts') }));
    },
  };
}

/** The classes come from the kernel, which has them already. */
function sharedErrors(): Plugin {
  return {
    name: 'shared-errors',
    setup({ onLoad }) {
      const filter = /[\\/]lib[\\/](?:bytes[\\/]reader|world[\\/]errors)\.ts$/;
      onLoad({ filter }, () => ({
        contents: 'export const { MalformedBytes, CodecUnavailable } = shared;',
        loader: 'ts',
      }));
    },
  };
}
