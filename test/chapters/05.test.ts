/** The exercises of chapter 05: the starters fail, the solutions pass, and each usual wrong answer is told what is wrong with it. */
import { type Again, type Committer, judge, judgeAgain } from 'course/05';
import { expect, test } from 'vitest';
import { careful, fromTheStart } from '../../chapters/solutions/05-where-a-reader-stands.ts';
import { shown } from './outputs.ts';

test('the solutions pass', async () => {
  expect((await judgeAgain(fromTheStart)).passed).toBe(true);
  const verdict = await judge(careful);
  expect(verdict.lines).toEqual([
    'nothing is refused: stored 10, 20, 30',
    'the commit of 10 is refused once: stored 20, 30',
    'the commit of 30 is refused once: stored 10, 20, 30',
    'those of 10 and 30 are refused once: stored 20, 30',
    'Only the newest commit is worth another try.',
  ]);
  expect(verdict.passed).toBe(true);
});

test.each<[name: string, answer: Again, says: RegExp]>([
  ['the starter: a setting', { settings: { autoOffsetReset: 'earliest' } }, /committed 3.*No setting/],
  [
    'a commit of 0',
    { also: (consumer, partition) => consumer.commitSync([{ ...partition, offset: 0 }]) },
    /0 is committed now.*has its position/,
  ],
  ['nothing at all', {}, /Something has to move/],
])('the warm-up, not yet: %s', async (_, answer, says) => {
  const verdict = await judgeAgain(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

const always: Committer = (send) => {
  return function commit(offset) {
    send(offset, (error) => {
      if (error !== null) commit(offset);
    });
  };
};

test.each<[name: string, answer: Committer, says: RegExp]>([
  ['the starter: whatever was refused is sent again', always, /went from \d0 back to 10/],
  ['never a second try', (send) => (offset) => send(offset, () => {}), /nobody tried again.*go on at 20/],
  ['no commit', () => () => {}, /Nothing was ever stored/],
  [
    'again and again, also when it was stored',
    (send) =>
      function commit(offset) {
        send(offset, () => commit(offset));
      },
    /sends for ever/,
  ],
  [
    'only the first is tried again',
    (send) => {
      let tries = 0;
      return function commit(offset) {
        send(offset, (error) => {
          if (error !== null && tries++ === 0) commit(offset);
        });
      };
    },
    /back to 10|nobody tried again/,
  ],
])('not yet: %s', async (_, answer, says) => {
  const verdict = await judge(answer);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

test('what the text says is what the cells have shown', () => {
  expect(shown('05', 'numbers')).toContain('committed 2   ▲ position 3   ▌ log end 3');
  expect(shown('05', 'auto')).toMatch(/^3 events read\n30\d\d\d ms later: commit 3\n40\d\d\d ms later: commit 3\n$/);
  expect(shown('05', 'believes').match(/^\d+(?= \|)/gm)).toEqual(['2', '100', '1']);
  expect(shown('05', 'believes')).toContain('\n4 commits, 3 requests\n');
  expect(shown('05', 'late')).toContain('the group goes on at 2');
  expect(shown('05', 'latest')).toBe('4 +8\n');
  expect(shown('05', 'strip')).toContain('130 ×3 · 230 · 130 ×2 · 280 · 130 ×2 · 10\n');
});
