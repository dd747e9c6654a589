/**
 * Bundles the cell kernel at the time the site is built: worker.ts with the library, the course's tools and the two parsers, as one
 * text. The page receives it as a string, because only a string can enter the sandbox.
 */

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { FRAME_SCRIPT, frameDocument } from './frame.ts';
import { copiesFromPart, stockKafkajs } from './kafkajs/bundle.ts';
import { slimAcorn, slimSucrase } from './parsers.ts';
import { keepClassNames, withoutAbout, withoutSentences } from './slimming.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LIBRARY = join(ROOT, 'lib/index.ts');
const COURSE = join(ROOT, 'chapters/tools/index.ts');
const CODECS = join(ROOT, 'lib/codecs/codecs.ts');
const EXERCISES = join(ROOT, 'chapters/tools/exercises');
/** Stock kafkajs as a program of a simulated world, and what of that is for the page alone. */
const KAFKAJS = join(ROOT, 'chapters/tools/kafkajs');
const KAFKAJS_PART = join(ROOT, 'site/kernel/kafkajs');
/** The policies of other clients over our consumer. */
const MODELS = join(ROOT, 'chapters/tools/models');
/** Runs to be looked at moment by moment. */
const THEATRE = join(ROOT, 'chapters/tools/theatre');
/** What the theatre has of the library beyond its front door: functions of the trace, of which a copy is as good. */
const COPIED = ['lib/draw/theatre', 'lib/sim/checker', 'lib/world/duration.ts'].map((path) => join(ROOT, path));
/** Frames explained byte by byte: one chapter needs it, so it goes into the part of that chapter, and the schemas with it once more. */
const FRAME = join(ROOT, 'lib/draw/frame');
const LIB = join(ROOT, 'lib');

/**
 * The parts (parts.ts): what only some cells need, by the name under which they are asked for, and the file that each is made from. The
 * codecs, stock kafkajs, the models of clients, and the check of each chapter's exercise.
 */
export const partFiles: Readonly<Record<string, string>> = {
  codecs: CODECS,
  kafkajs: join(KAFKAJS_PART, 'part.ts'),
  'course/kafkajs': join(KAFKAJS, 'index.ts'),
  'course/models': join(MODELS, 'index.ts'),
  'course/theatre': join(THEATRE, 'index.ts'),
  ...Object.fromEntries(
    readdirSync(EXERCISES)
      .filter((file) => /^[0-9A-Z]+\.ts$/.test(file))
      .map((file) => [`course/${file.replace(/\.ts$/, '')}`, join(EXERCISES, file)]),
  ),
};

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
      kafkaito: LIBRARY,
      course: COURSE,
    },
    plugins: [
      codecsApart(),
      slimSucrase(),
      slimAcorn(),
      withoutAbout(join(ROOT, 'lib', 'protocol')),
      withoutSentences(join(ROOT, 'lib', 'broker', 'config.ts')),
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

/** The text of a part, and the files to watch. */
export interface PartBundle {
  text: string;
  inputs: string[];
}

export async function bundlePart(name: string): Promise<PartBundle> {
  const result = await build({
    ...common,
    entryPoints: [partFiles[name]],
    globalName: 'part',
    plugins: pluginsFor(name),
  });
  return {
    text: result.outputFiles[0].text,
    inputs: Object.keys(result.metafile.inputs).map((input) => join(ROOT, input)),
  };
}

function pluginsFor(name: string): Plugin[] {
  if (name === 'codecs') return [sharedErrors()];
  if (name === 'kafkajs') return [stockKafkajs(common, KAFKAJS_PART)];
  return [copiesFromPart(), sharedDoors(), withoutAbout(join(LIB, 'protocol'))];
}

function codecsApart(): Plugin {
  return {
    name: 'codecs-apart',
    setup({ onResolve }) {
      onResolve({ filter: /\/codecs\/codecs\.ts$/ }, () => ({ path: join(ROOT, 'site/kernel/codecs.ts') }));
    },
  };
}

/** The codecs take the classes of their errors from the kernel, which has them already. */
function sharedErrors(): Plugin {
  return {
    name: 'shared-errors',
    setup({ onLoad }) {
      const filter = /[\\/]lib[\\/](?:bytes[\\/]reader|world[\\/]errors)\.ts$/;
      onLoad({ filter }, () => ({
        contents: 'export const { MalformedBytes, UnpacksToTooMuch, CodecUnavailable } = shared;',
        loader: 'ts',
      }));
    },
  };
}

/** What cells import as `course/…` takes the library and the course from the kernel, and comes through their front doors only: behind them are copies. */
function sharedDoors(): Plugin {
  const doors = new Map([
    [LIBRARY, 'kafkaito'],
    [COURSE, 'course'],
  ]);
  return {
    name: 'shared-doors',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
        const file = join(resolveDir, path);
        const door = doors.get(file);
        if (door !== undefined) return { path: door, namespace: 'shared' };
        const isCopied = [EXERCISES, KAFKAJS, MODELS, FRAME, THEATRE, ...COPIED].some((room) => file.startsWith(room));
        if (isCopied || resolveDir.startsWith(LIB)) return undefined;
        return {
          errors: [
            { text: `${relative(ROOT, file)} is behind the front doors of kafkaito and course: export it there` },
          ],
        };
      });
      onLoad({ filter: /./, namespace: 'shared' }, ({ path }) => ({
        contents: `module.exports = shared.${path};`,
        loader: 'js',
      }));
    },
  };
}
