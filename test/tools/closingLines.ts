/**
 * A vitest reporter for machines and hurried people: one line for every failed test with its error, for every skipped test with its reason, and for every
 * test that has passed in its second try only, with what the first has failed of; and at the end `N passed, N failed` alone on a line. `.ci/run` adds up
 * these lines over all scripts, whatever tool a script is made with, and compares the reasons with `.ci/allowed-skips`.
 */
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

export class ClosingLines implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    // A file that cannot be loaded, a hook that throws and an error outside every test are failures too.
    let failed = unhandledErrors.length;
    for (const error of unhandledErrors) console.log(`FAILED outside every test: ${Object(error).message ?? error}`);
    for (const module of modules) {
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') {
          passed += 1;
          if (test.diagnostic()?.flaky)
            console.log(`SECOND TRY ${module.relativeModuleId} > ${test.fullName}: ${errorOf(test)}`);
        } else if (state === 'failed' || isBlocked(test)) {
          failed += 1;
          console.log(`FAILED ${module.relativeModuleId} > ${test.fullName}: ${errorOf(test)}`);
        } else console.log(`SKIPPED ${test.fullName}: ${reasonOf(test)}`);
      }
    }
    console.log(`${passed} passed, ${failed} failed`);
  }
}

/** Vitest calls a test skipped when a hook before it has thrown. Nobody meant to skip it. */
function isBlocked(test: TestCase): boolean {
  let parent: TestSuite | TestModule = test.parent;
  while (parent.type === 'suite' && parent.errors().length === 0) parent = parent.parent;
  return parent.errors().length > 0;
}

/** The first error and, where a second try had another one, the last. */
function errorOf(test: TestCase): string {
  const errors = test.result().errors ?? [];
  const lines = errors.map(({ message }) => message.split('\n', 1)[0]);
  if (lines.length === 0) return 'what comes before it failed';
  return [...new Set([lines[0], lines[lines.length - 1]])].join('; and then ');
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  return result.state === 'skipped' && result.note ? result.note : 'no reason given';
}
