/**
 * A vitest reporter for machines and hurried people: one line for every failed test with its error and for every skipped test with its reason, and at the
 * end `N passed, N failed` alone on a line. `.ci/run` adds up these lines over all scripts, whatever tool a script is made
 * with, and compares the reasons with `.ci/allowed-skips`.
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
        if (state === 'passed') passed += 1;
        else if (state === 'failed' || isBlocked(test)) {
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

function errorOf(test: TestCase): string {
  return test.result().errors?.at(-1)?.message?.split('\n', 1)[0] ?? 'what comes before it failed';
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  return result.state === 'skipped' && result.note ? result.note : 'no reason given';
}
