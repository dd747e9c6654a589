/**
 * `npm run build`: makes dist/ from lib/. What npm packs is the program in a few files (bundle.mjs) and the declarations
 * that its users can come to (declarations.mjs); beside it, for the benchmarks only, every module by itself. TypeScript
 * 5.0.4 writes the declarations, because what it writes it can read, and so can every later one (7 writes
 * `Uint8Array<ArrayBufferLike>`, which 5.0 refuses). Whether the result serves its users is tried by `npm run test:package`.
 *
 * All is made in a folder aside and moved at the end, so that whoever runs dist/ at this moment is hardly disturbed.
 */
import './install.mjs';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageScript, root, runNode, runSteps } from './steps.mjs';

const tsc = (/** @type {string} */ name) => packageScript(name, 'bin', 'tsc');
const doors = ['index', 'node/index'];

mkdirSync(join(root, '.cache'), { recursive: true });
const aside = mkdtempSync(join(root, '.cache', 'build-'));
const made = join(aside, 'dist');
const declarations = join(aside, 'declarations');
process.once('exit', () => rmSync(aside, { recursive: true, force: true }));

await runSteps([
  {
    name: 'Modules (TypeScript 7)',
    essential: true,
    run: () => runNode(tsc('typescript'), '-p', 'lib/tsconfig.build.json', '--outDir', join(made, 'modules')),
  },
  {
    name: 'Bundle (esbuild)',
    essential: true,
    run: async () => (await import('./bundle.mjs')).writeBundle(made),
  },
  {
    name: 'Declarations (TypeScript 5.0.4)',
    essential: true,
    run: async () => {
      await runNode(tsc('typescript5'), '-p', 'lib/tsconfig.declarations.json', '--outDir', declarations);
      const { writeDeclarations } = await import('./declarations.mjs');
      const types = join(made, 'types');
      writeDeclarations(
        declarations,
        doors.map((door) => `${door}.d.ts`),
        types,
      );
      for (const door of doors) writeFileSync(join(types, `${door}.d.ts`), "export * from './index.cjs';\n");
    },
  },
  { name: 'Into dist/', essential: true, run: moveIntoPlace },
  {
    name: 'Node loads the package by its name',
    run: async () => {
      await runNode('--input-type=module', '--eval', "await import('kafkaito'); await import('kafkaito/node');");
      await runNode('--input-type=commonjs', '--eval', "require('kafkaito'); require('kafkaito/node');");
    },
  },
]);

/** The site, which lies in dist/ too, stays. */
function moveIntoPlace() {
  const dist = join(root, 'dist');
  mkdirSync(dist, { recursive: true });
  for (const name of readdirSync(dist)) {
    if (!name.startsWith('site')) rmSync(join(dist, name), { recursive: true });
  }
  for (const name of readdirSync(made)) renameSync(join(made, name), join(dist, name));
}
