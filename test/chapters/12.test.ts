/** The exercise of chapter 12: the starter fails, the solution passes, and each usual wrong answer is told what is wrong with it. */
import { callbacks, felt, Group, type Hooks, judge, Memory, numbers, settings, thirdComes } from 'course/12';
import { expect, test } from 'vitest';
import { careful } from '../../chapters/solutions/12-rebalances.ts';
import { cooperativeSticky, range } from '../../lib/index.ts';

test('the solution passes', async () => {
  const verdict = await judge(careful);
  expect(verdict.lines.slice(1, 3)).toEqual([
    expect.stringMatching(/^ledger \d closed at .*: 130, all well$/),
    expect.stringMatching(/^ledger \d frozen at .*: 130, all well$/),
  ]);
  expect(verdict.passed).toBe(true);
});

const starter: Hooks = (memory, consumer) => {
  const { onPartitionsAssigned, onPartitionsRevoked } = careful(memory, consumer);
  return { onPartitionsAssigned, onPartitionsRevoked };
};
const but =
  (change: Hooks): Hooks =>
  (memory, consumer) => ({ ...careful(memory, consumer), ...change(memory, consumer) });

test.each<[name: string, hooks: Hooks, says: RegExp]>([
  [
    'the starter: revoked is called for what is lost',
    starter,
    /wrote Ada 250, Abe 5 over the page of the new owner.*There is no onPartitionsLost.*commit was refused/,
  ],
  [
    'no commit in revoked',
    but((memory) => ({ onPartitionsRevoked: (partitions) => memory.save(numbers(partitions)) })),
    /did not commit.*booked \+150 on a page that had it/,
  ],
  [
    'saving in lost',
    but((memory) => ({ onPartitionsLost: (partitions) => memory.save(numbers(partitions)) })),
    /wrote Ada 250.*It was onPartitionsLost that saved/,
  ],
  ['nothing in lost', but(() => ({ onPartitionsLost: () => {} })), /kept the page in its memory.*Forget it/],
  [
    'committing in lost',
    but((memory, consumer) => ({
      onPartitionsLost(partitions) {
        memory.forget(numbers(partitions));
        return consumer.commitSync();
      },
    })),
    /a commit is refused, and the hook threw/,
  ],
  [
    'committing before saving',
    but((memory, consumer) => ({
      async onPartitionsRevoked(partitions) {
        await consumer.commitSync();
        await memory.save(numbers(partitions));
      },
    })),
    /saved only then. Killed between the two/,
  ],
  [
    'committing and not saving',
    but((_, consumer) => ({ onPartitionsRevoked: () => consumer.commitSync() })),
    /committed and did not save/,
  ],
  ['nothing loaded', but(() => ({ onPartitionsAssigned: () => {} })), /began with an empty page/],
  ['no hooks', () => ({}), /saved nothing/],
])('not yet: %s', async (_, hooks, says) => {
  const verdict = await judge(hooks);
  expect(verdict.passed).toBe(false);
  expect(verdict.lines.at(-1)).toMatch(says);
});

test('a busy member stops a whole group with the eager style, and only itself with the cooperative one', async () => {
  const silent = async (strategy: typeof range) => {
    const kafka = await thirdComes(async (own) => {
      const consumer = own.consumer({ ...settings, partitionAssignmentStrategy: [strategy] });
      await consumer.subscribe(
        ['accounts'],
        careful(new Memory({ load: async () => new Map(), save: async () => {} }), consumer),
      );
      for (;;) await consumer.poll('1 s');
    });
    const told = felt(kafka, 30_000);
    const calls = callbacks(kafka, ['ledger 2'], 30_000);
    await kafka.close();
    const seconds = /silent for (.*) s/.exec(told)?.[1].split(', ').map(Number) ?? [];
    return { waiting: seconds.filter((one) => one > 5).length, calls };
  };
  const eager = await silent(range);
  const cooperative = await silent(cooperativeSticky);
  expect(eager.waiting).toBe(4);
  expect(eager.calls).toMatch(/revoked +2 3\n.*assigned +2$/);
  expect(cooperative.waiting).toBe(2);
  expect(cooperative.calls).toMatch(/revoked +3\n.*assigned +nothing/);
});

test('what makes a group meet, and what does not', async () => {
  expect(await Group.after('nothing', () => {})).toMatch(/never +0 1 \| 2 3$/);
  expect(await Group.after('fewer', (group) => group.grow(3))).toMatch(/never +0 1 \| 2 3$/);
  expect(await Group.after('closed', (group) => group.close('ledger 2'))).toMatch(/closed +[123] s +0 1 2 3$/);
  expect(await Group.after('killed', (group) => group.kill('ledger 2'))).toMatch(/killed +4\d s +0 1 2 3$/);
  expect(await Group.after('more', (group) => group.grow(5))).toMatch(/more +2\d\d s +0 1 2 \| 3 4$/);
});
