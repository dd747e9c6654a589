/**
 * Leaves out of the bundle what sucrase has for languages that no cell is written in: JSX, Flow, CommonJS, Jest. Its modules import one another
 * without conditions, so no bundler can leave them out by itself; here each of them becomes a module with the same exports that do nothing. They
 * are two fifths of sucrase's weight. The tests of the page run every cell through what is left.
 */

import { readFile } from 'node:fs/promises';
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
