/**
 * `npm run check`: everything that can be said about the code without running it. Lint, format and the walls between
 * the rooms of lib/ (all in biome.json); the types of the whole repository under the current TypeScript; and those of
 * the code that notebooks load under TypeScript 5.0.4, which is the one that the notebook kernel brings.
 */
import './install.mjs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageScript, root, runNode, runSteps } from './steps.mjs';

const biome = packageScript('@biomejs', 'biome', 'bin', 'biome');
const tsc = packageScript('typescript', 'bin', 'tsc');
const tsc5 = packageScript('typescript5', 'bin', 'tsc');
const inNotebooks = ['lib', 'chapters/tools'].filter((project) => existsSync(join(root, project, 'tsconfig.json')));

await runSteps([
  {
    name: 'Lint, format and layering (Biome)',
    run: () => runNode(biome, 'check', '--error-on-warnings', '.'),
  },
  { name: 'Types of everything (TypeScript 7)', run: () => runNode(tsc, '--noEmit') },
  { name: 'Types of the page (TypeScript 7)', run: () => runNode(tsc, '-p', 'site', '--noEmit') },
  { name: 'Types of its service worker (TypeScript 7)', run: () => runNode(tsc, '-p', 'site/offline', '--noEmit') },
  ...inNotebooks.map((project) => ({
    name: `Types of ${project}/ (TypeScript 5.0.4)`,
    run: () => runNode(tsc5, '-p', project, '--noEmit'),
  })),
]);
