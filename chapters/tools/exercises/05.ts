/**
 * The exercises of chapter 05: to read everything again, and to commit without waiting so that no refusal does harm.
 *
 * Both answers are run against a broker that behaves as the chapter has shown; the second against one that refuses certain commits once.
 */
import { type Consumer, type ConsumerSettings, type SimulatedKafka, simulate } from '../../../lib/index.ts';
import { account, settings as chapterSettings, events, Verdict } from '../index.ts';

const here = { topic: 'account', partition: 0 };

/** What a reader does to see everything again. */
export interface Again {
  /** Settings of the consumer, beside those of chapter 00. */
  readonly settings?: ConsumerSettings;
  /** What is done once the consumer has its partition and has found nothing new. */
  readonly also?: (consumer: Consumer, partition: typeof here) => Promise<void>;
}

/** The warm-up: prints whether a group that has read and committed everything reads it again. */
export async function checkAgain(attempt: Again): Promise<void> {
  console.log((await judgeAgain(attempt)).text);
}

export async function judgeAgain({ settings, also }: Again): Promise<Verdict> {
  const kafka = await account();
  const first = kafka.consumer({ ...chapterSettings, maxPollRecords: 500 });
  await first.subscribe(['account']);
  await first.poll('10 s');
  await first.commitSync();
  await first.close();
  const second = kafka.consumer({ ...chapterSettings, maxPollRecords: 500, ...settings });
  await second.subscribe(['account']);
  const seen = (await second.poll('10 s')).length;
  await also?.(second, here);
  const again = seen + (await second.poll('10 s')).length;
  const committed = (await second.committed(here))?.offset;
  await kafka.close();
  const lines = [`wanted: the ${events.length} events again`, `came: ${again} events`];
  if (again === events.length)
    return new Verdict(true, [...lines, 'seek moves the position, and the position is what poll reads from.']);
  if (committed !== events.length) {
    return new Verdict(false, [
      ...lines,
      `${committed} is committed now, and the next to start will begin there. This consumer has its position and does not ask.`,
    ]);
  }
  return new Verdict(false, [
    ...lines,
    settings
      ? `The group has committed ${committed}. No setting is looked at where there is a committed offset.`
      : `The position is ${committed}, and so is the committed offset. Something has to move the position.`,
  ]);
}

/** Sends a commit, and calls `done` when it is known what has come of it: null, it is stored. */
export type Send = (offset: number, done: (error: Error | null) => void) => void;

/** Makes the function that is called after each batch, with the offset behind it. */
export type Committer = (send: Send) => (offset: number) => void;

/** The exercise: prints whether the commits can be trusted. */
export async function check(committer: Committer): Promise<void> {
  console.log((await judge(committer)).text);
}

/** Which commits the broker refuses, once each. */
const refusals = [
  { name: 'nothing is refused', refused: [] },
  { name: 'the commit of 10 is refused once', refused: [10] },
  { name: 'the commit of 30 is refused once', refused: [30] },
  { name: 'those of 10 and 30 are refused once', refused: [10, 30] },
];

/** More commits than any answer needs. */
const TOO_MANY = 50;

export async function judge(committer: Committer): Promise<Verdict> {
  const lines: string[] = [];
  for (const { name, refused } of refusals) {
    const { stored, sent } = await run(committer, refused);
    const offsets = stored.map(({ offset }) => offset);
    lines.push(`${name}: stored ${offsets.join(', ') || 'nothing'}`);
    const remark =
      sent > TOO_MANY ? `More than ${TOO_MANY} commits of three batches: a callback sends for ever.` : wrong(stored);
    if (remark !== undefined) return new Verdict(false, ['wanted: never back, and 30 at the end', ...lines, remark]);
  }
  return new Verdict(true, [...lines, 'Only the newest commit is worth another try.']);
}

interface Stored {
  readonly atMs: number;
  readonly offset: number;
}

async function run(committer: Committer, refused: readonly number[]): Promise<{ stored: Stored[]; sent: number }> {
  const kafka = await thirtyEvents();
  for (const offset of refused) {
    const names = (request: { topics: readonly { partitions: readonly { committedOffset: number }[] }[] }) =>
      request.topics.some(({ partitions }) => partitions.some(({ committedOffset }) => committedOffset === offset));
    const filter = { times: 1, where: ({ request }: { request: Parameters<typeof names>[0] }) => names(request) };
    kafka.cluster.on('OffsetCommit', filter).answerError('COORDINATOR_LOAD_IN_PROGRESS');
  }
  const stored: Stored[] = [];
  kafka.cluster.trace.watch(({ what, at, detail }) => {
    if (what === 'offset.committed') stored.push({ atMs: at, offset: Number(detail.offset) });
  });
  const consumer = kafka.consumer({ ...chapterSettings, maxPollRecords: 10 });
  let sent = 0;
  const commit = committer((offset, done) => {
    if (++sent > TOO_MANY) return;
    consumer.commitAsync([{ ...here, offset }], (_, error) => done(error));
  });
  await consumer.subscribe(['account']);
  for (let end = 10; end <= 30; end += 10) {
    await consumer.poll('10 s');
    commit(end);
  }
  for (let turn = 0; turn < 10; turn++) await consumer.poll('1 s');
  await kafka.close();
  return { stored, sent };
}

async function thirtyEvents(): Promise<SimulatedKafka> {
  const kafka = await simulate({ seed: 7, topics: { account: 1 } });
  const producer = kafka.producer();
  await producer.send(Array.from({ length: 30 }, (_, index) => ({ topic: 'account', key: 'Ada', value: `+${index}` })));
  await producer.close();
  return kafka;
}

function wrong(stored: readonly Stored[]): string | undefined {
  const back = stored.findIndex(({ offset }, index) => index > 0 && offset < stored[index - 1].offset);
  if (back > 0) {
    return `At ${stored[back].atMs} ms the stored offset went from ${stored[back - 1].offset} back to ${stored[back].offset}. The broker takes what comes last; a commit that was refused must not come after a later one.`;
  }
  const last = stored[stored.length - 1];
  if (last === undefined) return 'Nothing was ever stored: commit has to send.';
  if (last.offset === 30) return undefined;
  return `The last commit was refused, and nobody tried again: after a restart the group would go on at ${last.offset}, and repeat ${30 - last.offset} events.`;
}
