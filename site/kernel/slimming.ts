/**
 * Keeps the kernel light, since a reader waits for it at the first Run.
 *
 * Sucrase brings JSX, Flow, CommonJS and Jest, which no cell is written in. Its modules import one another without conditions, so no bundler can
 * leave them out by itself; here each of them becomes a module with the same exports that do nothing: two fifths of sucrase's weight. The
 * tests of the page run every cell through what is left.
 *
 * Every field of a message says what it is about, for those who read the library or print a schema in Node: four kilobytes that the page leaves out.
 *
 * And minifying renames classes, while a reader who prints an object sees its class. Keeping every name in the bundle costs 8 kB, and only
 * those of our own classes are ever seen.
 */

import { readFile } from 'node:fs/promises';
import { sep } from 'node:path';
import type { Plugin } from 'esbuild';

const UNUSED = [
  'CJSImportProcessor',
  'Options',
  'computeSourceMap',
  'identifyShadowedGlobals',
  'parser/plugins/flow',
  'parser/plugins/jsx/index',
  'parser/plugins/jsx/xhtml',
  'transformers/CJSImportTransformer',
  'transformers/FlowTransformer',
  'transformers/JSXTransformer',
  'transformers/JestHoistTransformer',
  'transformers/NumericSeparatorTransformer',
  'transformers/OptionalCatchBindingTransformer',
  'transformers/OptionalChainingNullishTransformer',
  'transformers/ReactDisplayNameTransformer',
  'transformers/ReactHotLoaderTransformer',
  'util/formatTokens',
  'util/getJSXPragmaInfo',
];

export function slimSucrase(): Plugin {
  return {
    name: 'slim-sucrase',
    setup({ onLoad }) {
      const filter = new RegExp(
        String.raw`sucrase[\\/]dist[\\/]esm[\\/](?:${UNUSED.join('|').replaceAll('/', '[\\\\/]')})\.js$`,
      );
      onLoad({ filter }, async ({ path }) => ({ contents: emptyExports(await readFile(path, 'utf8')), loader: 'js' }));
    },
  };
}

function emptyExports(source: string): string {
  const exports = source.matchAll(/^export (default )?(?:async )?(?:function\*?|class|const|let|var)(?: (\w+))?/gm);
  return [...exports].map(([, isDefault, name = '']) => `export ${isDefault ?? ''}function ${name}() {}\n`).join('');
}

/**
 * Acorn lists every letter of Unicode that a name may have, ten kilobytes of them; the browser knows them as well. Fails when acorn is written
 * in another way than it was.
 */
export function slimAcorn(): Plugin {
  const changes: [RegExp, string][] = [
    [
      /^var nonASCIIidentifierChars = ".*";$/m,
      String.raw`var nonASCIIidentifierChars = "\u200c\u200d\\p{ID_Continue}";`,
    ],
    [/^var nonASCIIidentifierStartChars = ".*";$/m, String.raw`var nonASCIIidentifierStartChars = "\\p{ID_Start}";`],
    [/^var nonASCIIidentifierStart = new RegExp\((.*)\);$/m, 'var nonASCIIidentifierStart = new RegExp($1, "u");'],
    [/^var nonASCIIidentifier = new RegExp\((.*)\);$/m, 'var nonASCIIidentifier = new RegExp($1, "u");'],
    [/^var astralIdentifierStartCodes = \[.*\];$/m, ''],
    [/^var astralIdentifierCodes = \[.*\];$/m, ''],
    [/isInAstralSet\(code, astralIdentifierStartCodes\)$/m, 'nonASCIIidentifierStart.test(String.fromCodePoint(code))'],
    [
      /isInAstralSet\(code, astralIdentifierStartCodes\) \|\| isInAstralSet\(code, astralIdentifierCodes\)$/m,
      'nonASCIIidentifier.test(String.fromCodePoint(code))',
    ],
  ];
  return {
    name: 'slim-acorn',
    setup({ onLoad }) {
      onLoad({ filter: /acorn[\\/]dist[\\/]acorn\.mjs$/ }, async ({ path }) => {
        let contents = await readFile(path, 'utf8');
        for (const [from, to] of changes) {
          if (!from.test(contents)) throw new Error(`acorn is not as slimming.ts expects it: nothing like ${from}`);
          contents = contents.replace(from, to);
        }
        return { contents, loader: 'js' };
      });
    },
  };
}

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
