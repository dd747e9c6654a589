/** How `.ci/run` reads the output of a script: what it counts, and which skips and failures it sees. */
import { expect, test } from 'vitest';
import { readOutput } from '../../.ci/command.mjs';

test('the last closing line counts, colours or not', () => {
  const output = '1 passed, 1 failed\nmore\n\u001b[32m7 passed, 0 failed\u001b[39m\n';
  expect(readOutput(output)).toEqual({ counts: { passed: 7, failed: 0 }, skips: [], failures: [] });
});

test('a closing line inside a sentence is none', () => {
  expect(readOutput('it says 3 passed, 0 failed today\n').counts).toBeUndefined();
});

test('skips come with their reasons', () => {
  const output = 'SKIPPED the moon > by night: no Java\r\nnothing SKIPPED here\n0 passed, 0 failed\r\n';
  expect(readOutput(output).skips).toEqual(['the moon > by night: no Java']);
});

test('failures come with their errors', () => {
  const output = 'FAILED the moon > by day: it shone\nsome have FAILED\n1 passed, 1 failed\n';
  expect(readOutput(output).failures).toEqual(['the moon > by day: it shone']);
});
