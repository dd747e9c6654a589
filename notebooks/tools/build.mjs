/** The command line of `build.ts`: installs the packages when they are missing, then reads TypeScript through tsx. */
import '../../test/tools/install.mjs';
import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';

try {
  const { check, node, wanted } = options();
  const { tsImport } = await import('tsx/esm/api');
  /** @type {typeof import('./build.ts')} */
  const { buildNotebooks } = await tsImport('./build.ts', import.meta.url);
  const passed = await buildNotebooks({ check, node, wanted });
  process.exit(passed ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

function options() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { check: { type: 'boolean', default: false }, node: { type: 'string' } },
    });
    const { check, node } = values;
    // A kernel starts in a folder of its own: from there a relative path would lead elsewhere.
    return { check, node: node && basename(node) !== node ? resolve(node) : node, wanted: positionals };
  } catch (error) {
    const usage = 'Usage: npm run build:notebooks [-- [--check] [--node PROGRAM] [00 01 …]]';
    throw new Error(`${error instanceof Error ? error.message : error}\n${usage}`);
  }
}
