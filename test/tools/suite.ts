/**
 * What every vitest configuration of this repository shares: the names under which tests import the library (its
 * sources, never dist/), a process of its own for every file, time limits that a slow machine can keep, and the closing
 * lines that `.ci/run` reads. A configuration adds only which files it runs.
 */
import { fileURLToPath } from 'node:url';
import type { TestUserConfig, ViteUserConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { ClosingLines } from './closingLines.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const source = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** @param longest names of files that take longest: they begin first, since at the end they would run alone */
export function suite(test: TestUserConfig, longest: readonly string[] = []): ViteUserConfig {
  class LongestFirst extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      const isLong = ({ moduleId }: TestSpecification) => longest.some((name) => moduleId.endsWith(`/${name}.test.ts`));
      const sorted = await super.sort(files);
      return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
    }
  }
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
      // By default a machine with two cores would get one worker.
      maxWorkers: 2,
      sequence: { sequencer: LongestFirst },
      testTimeout: 60_000,
      hookTimeout: 60_000,
      // Real sockets on a machine that is busy elsewhere may stall once. What fails twice has failed.
      retry: process.env.CI ? 1 : 0,
      reporters: ['default', new ClosingLines()],
      ...test,
    },
  };
}
