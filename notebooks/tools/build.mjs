/** The command line of `build.ts`: installs the packages when they are missing, then reads TypeScript through tsx. */
import '../../test/tools/install.mjs';
import { tsImport } from 'tsx/esm/api';

const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith('--'));
const unknown = args.filter((arg) => arg.startsWith('--') && arg !== '--check');
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(' ')}. Usage: npm run build:notebooks [-- [--check] [00 01 …]]`);
  process.exit(2);
}
/** @type {typeof import('./build.ts')} */
const { buildNotebooks } = await tsImport('./build.ts', import.meta.url);
const passed = await buildNotebooks({ check: args.includes('--check'), wanted });
process.exit(passed ? 0 : 1);
