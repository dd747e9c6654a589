/**
 * `npm run build`: makes dist/ from lib/. TypeScript 7 writes the ES modules; TypeScript 5.0.4 writes the declarations,
 * because what it writes it can read, and so can every later one (7 writes `Uint8Array<ArrayBufferLike>`, which 5.0
 * refuses). Then the result is tried: three compilers read the declarations, and Node imports the package by its name.
 */
import './install.mjs';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageScript, root, runNode, runSteps } from './steps.mjs';

const compilers = { 'TypeScript 5.0.4': 'typescript5', 'TypeScript 6': 'typescript6', 'TypeScript 7': 'typescript' };
const tsc = (/** @type {string} */ name) => packageScript(name, 'bin', 'tsc');

await runSteps([
  {
    name: 'Modules (TypeScript 7)',
    essential: true,
    run: () => {
      rmSync(join(root, 'dist'), { recursive: true, force: true });
      return runNode(tsc('typescript'), '-p', 'lib/tsconfig.build.json');
    },
  },
  {
    name: 'Declarations (TypeScript 5.0.4)',
    essential: true,
    run: () => runNode(tsc('typescript5'), '-p', 'lib/tsconfig.declarations.json'),
  },
  ...Object.entries(compilers).map(([name, folder]) => ({
    name: `${name} reads the declarations`,
    run: () => runNode(tsc(folder), '-p', 'test/tools/consumer'),
  })),
  {
    name: 'Node imports the package by its name',
    run: () => runNode('--input-type=module', '--eval', "await import('kafkaito'); await import('kafkaito/node');"),
  },
]);
