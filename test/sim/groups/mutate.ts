/** Makes a library with one mutant in it: bundled from its sources, with the one place replaced on the way. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Mutant } from './mutants.ts';
import type * as play from './play.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export type Play = Pick<typeof play, 'play'>;

/** `play` of a library with the mutant in it. Rejects when its place is not there, or there more than once. */
export async function playWith(mutant: Mutant): Promise<Play> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./play.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
    plugins: [replacing(mutant)],
  });
  const file = join(tmpdir(), `kafkaito-${process.pid}-${mutant.name}.mjs`);
  await writeFile(file, outputFiles[0].contents);
  try {
    return (await import(pathToFileURL(file).href)) as Play;
  } finally {
    await rm(file);
  }
}

/** The mutated text of a file. Throws when the place is not there once. */
export function mutated({ name, file, find, replace }: Mutant, text: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1) {
    throw new Error(`the mutant ${name} should replace one place of ${file} and finds ${places}: bring it up to date`);
  }
  return text.replace(find, () => replace);
}

function replacing(mutant: Mutant): Plugin {
  return {
    name: 'mutant',
    setup({ onLoad, onEnd }) {
      let isDone = false;
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (relative(root, path).split(sep).join('/') !== mutant.file) return undefined;
        isDone = true;
        return { contents: mutated(mutant, await readFile(path, 'utf8')), loader: 'ts' };
      });
      onEnd(() => {
        if (!isDone) throw new Error(`the mutant ${mutant.name} is about ${mutant.file}, which nothing imports`);
      });
    },
  };
}
