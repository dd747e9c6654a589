/**
 * Keeps the kernel light, since a reader waits for it at the first Run; its parsers are made light in parsers.ts.
 *
 * Every field of a message and every setting of a broker says what it is about, for those who read the library or print a schema in Node: six kilobytes
 * that the page leaves out.
 *
 * And minifying renames classes, while a reader who prints an object sees its class. Keeping every name in the bundle costs 8 kB, and only
 * those of our own classes are ever seen.
 */

import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import type { Plugin } from 'esbuild';

/** Takes the sentences out of the schemas in `folder`. What one looks like that this does not find stays as it is, and works. */
export function withoutAbout(folder: string): Plugin {
  return {
    name: 'without-about',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!path.startsWith(folder + sep)) return undefined;
        const source = await readFile(path, 'utf8');
        const about = /\.about\(\s*(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`),?\s*\)/g;
        return { contents: keepNames(source.replace(about, '')), loader: 'ts' };
      });
    },
  };
}

/**
 * Takes the sentences out of the list of a broker's settings, which is the first thing in its file: who reads about settings on the page reads the course. After the
 * list, what looks like a sentence is the name of a setting. Fails when the list ends in another way than it did.
 */
export function withoutSentences(settings: string): Plugin {
  return {
    name: 'without-sentences',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path !== settings) return undefined;
        const source = await readFile(path, 'utf8');
        const sentence = /(?:'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"),?(\s*\),)$/gm;
        const end = source.indexOf('\n} satisfies');
        if (end < 0) throw new Error("the list of a broker's settings is not where slimming.ts expects it");
        const list = source.slice(0, end).replace(sentence, "''$1");
        return { contents: keepNames(list + source.slice(end)), loader: 'ts' };
      });
    },
  };
}

/** Gives the classes of the library and of the course their names as a property, which no minifier touches. */
export function keepClassNames(folders: string[]): Plugin {
  return {
    name: 'keep-class-names',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!folders.some((folder) => path.startsWith(folder + sep))) return undefined;
        const source = await readFile(path, 'utf8');
        return { contents: keepNames(source), loader: 'ts' };
      });
    },
  };
}

function keepNames(source: string): string {
  return source.replace(/^(\s*(?:export )?(?:abstract )?class (\w+)\b.*\{)$/gm, "$1 static name = '$2';");
}
