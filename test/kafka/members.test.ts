/**
 * Groups of our consumers beside groups of Java's own, on the same broker by the same script: the callbacks of each member, with their order and
 * their partitions, and what comes out of poll when one of them throws.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import {
  type Assignor,
  type Consumer,
  cooperativeSticky,
  type Kafka,
  range,
  roundRobin,
  sticky,
} from '../../lib/index.ts';
import { connect } from '../../lib/node/index.ts';
import { fresh } from '../tools/fresh.ts';
import { classPath } from './jars.mjs';

const { bootstrap } = inject('apacheKafka');

const strategies: Readonly<Record<string, Assignor>> = {
  RangeAssignor: range,
  RoundRobinAssignor: roundRobin,
  StickyAssignor: sticky,
  CooperativeStickyAssignor: cooperativeSticky,
};

/**
 * The shares are equal throughout: who gets one more, Java leaves to the order of a hash map, and ours to the member ids.
 *
 * `add` takes a name, strategies, and perhaps an instance id; `settle` the sizes of all assignments, sorted. It goes on until they are so and all members are
 * in one generation, a later one than that of the last `rejoin`: a broker that stalls between two polls must not end a script early.
 */
const scripts: Readonly<Record<string, readonly string[]>> = {
  'eager: a second member comes and goes': [
    'add A Range',
    'settle 4',
    'add B Range',
    'settle 2,2',
    'close B',
    'settle 4',
  ],
  'round robin: the first leaves': [
    'add A RoundRobin',
    'settle 4',
    'add B RoundRobin',
    'settle 2,2',
    'close A',
    'settle 4',
  ],
  'sticky: the first leaves': ['add A Sticky', 'settle 4', 'add B Sticky', 'settle 2,2', 'close A', 'settle 4'],
  'cooperative: a second member comes and goes': [
    ...['add A CooperativeSticky', 'settle 4', 'add B CooperativeSticky', 'settle 2,2', 'close B', 'settle 4'],
  ],
  'cooperative: the first leaves': [
    ...['add A CooperativeSticky', 'settle 4', 'add B CooperativeSticky', 'settle 2,2', 'close A', 'settle 4'],
  ],
  'cooperative: a member unsubscribes': [
    ...['add A CooperativeSticky', 'settle 4', 'add B CooperativeSticky', 'settle 2,2', 'unsubscribe A', 'settle 0,4'],
  ],
  'both listed: eager': ['add A Range,CooperativeSticky', 'settle 4', 'add B Range,CooperativeSticky', 'settle 2,2'],
  'a rebalance that is wanted, eager': ['add A Range', 'settle 4', 'rejoin A', 'settle 4'],
  'a rebalance that is wanted, cooperative': ['add A CooperativeSticky', 'settle 4', 'rejoin A', 'settle 4'],
  'static members: one comes back': [
    ...[
      'add A Range anna',
      'settle 4',
      'add B Range berta',
      'settle 2,2',
      'close B',
      'add B Range berta',
      'settle 2,2',
    ],
  ],
  'a callback for new partitions throws': ['add A Range', 'anger A', 'settle 4', 'rejoin A', 'settle 4'],
  'a callback for revoked partitions throws': ['add A Range', 'settle 4', 'anger A', 'rejoin A', 'settle 4'],
  'the same, cooperative': ['add A CooperativeSticky', 'anger A', 'settle 4', 'anger A', 'rejoin A', 'settle 4'],
  'a callback throws at close': ['add A Range', 'settle 4', 'anger A', 'close A'],
};

test('callbacks come as Java calls them', { timeout: 120_000 }, async () => {
  const kafka = await connect(bootstrap);
  const names = Object.keys(scripts);
  const topics = { java: names.map(() => fresh('members-java')), ours: names.map(() => fresh('members-ours')) };
  await kafka.admin().createTopics(Object.fromEntries([...topics.java, ...topics.ours].map((topic) => [topic, 4])));
  const java = playJava(names, topics.java);
  const ours = [];
  for (const [index, name] of names.entries()) ours.push(await playOurs(kafka, topics.ours[index], scripts[name]));
  const theirs = await java;
  for (const [index, name] of names.entries()) {
    const [its, their] = [ours[index], theirs[index]].map((lines) => comparable(scripts[name], lines));
    expect(its, name).toEqual(their);
  }
  await kafka.close();
});

async function playJava(names: readonly string[], topics: readonly string[]): Promise<string[][]> {
  const prefix = 'org.apache.kafka.clients.consumer.';
  const longNames = (step: string) =>
    step.startsWith('add')
      ? step.split(' ').map((word, index) =>
          index === 2
            ? assignorNames(word)
                .map((one) => prefix + one)
                .join()
            : word,
        )
      : [step];
  const lines = names.flatMap((name, index) => [
    `group ${topics[index]}`,
    ...scripts[name].map((step) =>
      longNames(step.startsWith('add') && step.split(' ').length === 3 ? `${step} -` : step).join(' '),
    ),
    'end',
  ]);
  const program = fileURLToPath(new URL('Members.java', import.meta.url));
  const quiet = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=off'];
  const run = spawn('java', [...quiet, '-cp', classPath, program], { timeout: 110_000 });
  run.stdin.end(`${[bootstrap, ...lines].join('\n')}\n`);
  const [output, errors] = await Promise.all([text(run.stdout), text(run.stderr), once(run, 'close')]);
  expect(errors).toBe('');
  return output
    .split('end\n')
    .slice(0, -1)
    .map((part) => part.trimEnd().split('\n'));
}

const assignorNames = (word: string) => word.split(',').map((name) => `${name}Assignor`);

/**
 * In a cooperative group of two, who gives partitions up joins the next round at once, and may be there before the other has fetched its share of this one,
 * which is nothing new: whether the other hears of that round is a matter of luck, on both sides.
 */
function comparable(script: readonly string[], lines: readonly string[]): readonly string[] {
  const isRace = script.filter((step) => /^add . Cooperative/.test(step)).length > 1;
  return isRace ? lines.filter((line) => !line.endsWith('assigned ')) : lines;
}

interface Member {
  readonly consumer: Consumer;
  readonly log: string[];
  isAngry: boolean;
}

async function playOurs(kafka: Kafka, topic: string, script: readonly string[]): Promise<string[]> {
  const members = new Map<string, Member>();
  const output: string[] = [];
  let beyond = 0;
  const close = async (name: string) => {
    const member = members.get(name)!;
    members.delete(name);
    await noting(member, () => member.consumer.close());
    output.push(...member.log.map((line) => `${name} ${line}`));
  };
  for (const step of script) {
    const [verb, name, wanted, groupInstanceId] = step.split(' ');
    if (verb === 'add') members.set(name, await member(kafka, topic, name, assignorNames(wanted), groupInstanceId));
    else if (verb === 'settle') await settle(members, name, beyond);
    else if (verb === 'anger') members.get(name)!.isAngry = true;
    else if (verb === 'rejoin') {
      beyond = members.get(name)!.consumer.groupMetadata().generationId;
      members.get(name)!.consumer.enforceRebalance();
    } else if (verb === 'unsubscribe') await members.get(name)!.consumer.unsubscribe();
    else await close(name);
  }
  for (const name of [...members.keys()].sort()) await close(name);
  return output;
}

async function member(
  kafka: Kafka,
  topic: string,
  name: string,
  assignors: string[],
  instance?: string,
): Promise<Member> {
  const one: Member = {
    consumer: kafka.consumer({
      clientId: name,
      groupId: topic,
      enableAutoCommit: false,
      autoOffsetReset: 'earliest',
      heartbeatIntervalMs: 200,
      sessionTimeoutMs: 6000,
      partitionAssignmentStrategy: assignors.map((assignor) => strategies[assignor]),
      ...(instance === undefined ? {} : { groupInstanceId: instance }),
    }),
    log: [],
    isAngry: false,
  };
  const note = (what: string) => (partitions: readonly { partition: number }[]) => {
    one.log.push(`${what} ${partitions.map(({ partition }) => partition).join()}`);
    if (!one.isAngry) return;
    one.isAngry = false;
    throw new Error('angry');
  };
  await one.consumer.subscribe([topic], {
    onPartitionsRevoked: note('revoked'),
    onPartitionsAssigned: note('assigned'),
    onPartitionsLost: note('lost'),
  });
  return one;
}

async function noting({ log }: Member, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const { cause, name } = error as Error;
    log.push(`threw ${cause instanceof Error ? cause.message : name}`);
  }
}

/** Polls everybody until the group is as it should be, and then for a while longer. */
async function settle(members: ReadonlyMap<string, Member>, sizes: string, beyond: number): Promise<void> {
  const all = [...members.values()];
  const isSettled = () => {
    const sizesNow = all.map(({ consumer }) => consumer.assignment().length).sort();
    const generations = new Set(subscribed(all).map(({ consumer }) => consumer.groupMetadata().generationId));
    return sizesNow.join() === sizes && generations.size === 1 && [...generations][0] > beyond;
  };
  for (let rounds = 0; !isSettled(); rounds++) {
    if (rounds === 400) throw new Error(`after 400 rounds of polls the assignments are not ${sizes}`);
    await pollAll(all);
  }
  for (let rounds = 0; rounds < 10; rounds++) await pollAll(all);
}

async function pollAll(members: readonly Member[]): Promise<void> {
  await Promise.all(subscribed(members).map((one) => noting(one, () => one.consumer.poll(50))));
}

const subscribed = (members: readonly Member[]) => members.filter(({ consumer }) => consumer.subscription().length > 0);
