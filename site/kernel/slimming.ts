/**
 * Keeps the kernel light, since a reader waits for it at the first Run.
 *
 * Sucrase brings JSX, Flow, CommonJS and Jest, which no cell is written in. Its modules import one another without conditions, so no bundler can
 * leave them out by itself; here each of them becomes a module with the same exports that do nothing: two fifths of sucrase's weight. The
 * tests of the page run every cell through what is left.
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

/** Gives the classes of the library and of the course their names as a property, which no minifier touches. */
export function keepClassNames(folders: string[]): Plugin {
  return {
    name: 'keep-class-names',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!folders.some((folder) => path.startsWith(folder + sep))) return undefined;
        const source = await readFile(path, 'utf8');
        const named = source.replace(/^(\s*(?:export )?(?:abstract )?class (\w+)\b.*\{)$/gm, "$1 static name = '$2';");
        return { contents: named, loader: 'ts' };
      });
    },
  };
}
