/**
 * What every vitest configuration of this repository shares: the names under which tests import the library (its
 * sources, never dist/), a process of its own for every file, time limits that a slow machine can keep, and the closing
 * lines that `.ci/run` reads. A configuration adds only which files it runs.
 */
import { fileURLToPath } from 'node:url';
import type { TestUserConfig, ViteUserConfig } from 'vitest/config';
import { ClosingLines } from './closingLines.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const source = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export function suite(test: TestUserConfig): ViteUserConfig {
  return {
    root,
    resolve: {
      alias: [
        { find: /^kafkaito$/, replacement: source('lib/index.ts') },
        { find: /^kafkaito\/node$/, replacement: source('lib/node/index.ts') },
        { find: /^course$/, replacement: source('chapters/tools/index.ts') },
        { find: /^course\/kafkajs$/, replacement: source('chapters/tools/kafkajs/index.ts') },
        { find: /^course\/models$/, replacement: source('chapters/tools/models/index.ts') },
        { find: /^course\/recorded$/, replacement: source('chapters/tools/recorded/index.ts') },
        { find: /^course\/theatre$/, replacement: source('chapters/tools/theatre/index.ts') },
        { find: /^course\/(.+)$/, replacement: source('chapters/tools/exercises/$1.ts') },
      ],
    },
    test: {
      pool: 'forks',
      // By default a machine with two cores would get one worker, and most tests of sockets wait rather than compute.
      maxWorkers: 2,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // Real sockets on a machine that is busy elsewhere may stall once. What fails twice has failed.
      retry: process.env.CI ? 1 : 0,
      reporters: ['default', new ClosingLines()],
      ...test,
    },
  };
}
