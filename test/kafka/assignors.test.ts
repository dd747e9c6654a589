/**
 * Our strategies beside Java's own, over many groups: the same partitions to the same members in the same order, and the same bytes.
 *
 * Java's sticky strategies follow, where everything else is equal, the order of hash maps. The names here (members A to J, topics f to m, at most
 * eight partitions) are such that this order is also the alphabetical one, by which ours go; so nothing has to be left out of the comparison.
 * Left out of the groups is what Java gets wrong: a member with no topics among others that have some, and a partition last held by a
 * member that has dropped its topic since.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  type Assignor,
  cooperativeSticky,
  type GroupMember,
  range,
  roundRobin,
  sticky,
  type TopicPartition,
} from '../../lib/assignors/index.ts';
import { encodeSubscription } from '../../lib/protocol/consumerProtocol.ts';
import { SeededRandom } from '../../lib/sim/random.ts';
import { classPath } from './jars.mjs';

interface Case {
  readonly assignor: Assignor;
  readonly members: readonly GroupMember[];
  readonly counts: ReadonlyMap<string, number>;
}

const TOPICS = [...'fghijklm'];
const MEMBERS = [...'ABCDEFGHIJ'];

test.each([range, roundRobin, sticky, cooperativeSticky])(
  '$name gives what Java gives',
  { timeout: 90_000 },
  (assignor) => {
    const cases = Array.from({ length: 60 }, (_, index) => lifeOfAGroup(assignor, index + 1)).flat();
    expect(cases.length).toBeGreaterThan(300);
    expect(cases.map(ours).join('')).toBe(java(cases));
  },
);

/** A group over some meetings: members come, go, and change their minds, topics grow, and some claim what was theirs long ago. */
function lifeOfAGroup(assignor: Assignor, seed: number): Case[] {
  const lots = new SeededRandom(seed);
  const below = (limit: number) => lots.nextU32() % limit;
  const someOf = <T>(all: readonly T[]) => all.filter(() => below(2) === 0);
  const counts = new Map(TOPICS.slice(0, 1 + below(8)).map((topic) => [topic, 1 + below(8)]));
  // Half of the groups want the same topics, for which the sticky strategies have an algorithm of its own.
  const sameForAll = seed % 2 === 0 ? [...counts.keys()] : undefined;
  const topicsFor = () => {
    const some = sameForAll ?? someOf([...counts.keys()]);
    return some.length > 0 ? some : [TOPICS[0]];
  };
  let members: GroupMember[] = [];
  return Array.from({ length: 6 }, (_, generationId) => {
    const staying = members.filter(() => below(4) > 0).map((one) => (below(4) > 0 ? one : changed(one, topicsFor())));
    const coming = someOf(MEMBERS.filter((id) => !members.some(({ memberId }) => memberId === id)));
    members = [...staying, ...coming.map((id) => newcomer(id, topicsFor(), below(4) === 0 ? `${id}-static` : null))];
    if (members.length === 0) members = [newcomer('A', topicsFor(), null)];
    if (below(3) === 0) counts.set('f', Math.min(8, counts.get('f')! + 1));
    const one = { assignor, members, counts: new Map(counts) };
    const given = assignor.assign(members, counts);
    // Some miss the meeting: what they tell at the next one is out of date.
    const came = members.map((one) => (below(6) === 0 ? one : after(assignor, one, given, generationId)));
    members = came;
    return one;
  });
}

const newcomer = (memberId: string, topics: readonly string[], groupInstanceId: string | null): GroupMember => ({
  memberId,
  groupInstanceId,
  topics,
  ownedPartitions: [],
  generationId: -1,
  userData: null,
});

function after(
  assignor: Assignor,
  member: GroupMember,
  given: ReturnType<Assignor['assign']>,
  generationId: number,
): GroupMember {
  const partitions = given.get(member.memberId)!;
  return {
    ...member,
    ownedPartitions: assignor.protocols?.includes('cooperative') ? partitions : [],
    generationId,
    userData: assignor.userData?.({ partitions, generationId }) ?? null,
  };
}

/** Other topics; what it held of those it has dropped is forgotten with them. */
function changed(member: GroupMember, topics: readonly string[]): GroupMember {
  const isSame = topics.every((topic) => member.topics.includes(topic)) && topics.length === member.topics.length;
  return isSame ? member : { ...newcomer(member.memberId, topics, member.groupInstanceId) };
}

function ours({ assignor, members, counts }: Case): string {
  const given = assignor.assign(members, counts);
  const sorted = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  return sorted
    .map((member) => {
      const { topics, ownedPartitions, generationId, userData } = member;
      const partitions = given.get(member.memberId)!;
      const subscription = encodeSubscription({
        topics: [...topics].sort(),
        userData,
        ownedPartitions: grouped(ownedPartitions),
        generationId,
      });
      const next = assignor.userData?.({ partitions, generationId: 7 }) ?? null;
      return `${listed(partitions)} ${hex(subscription)} ${hex(next)}\n`;
    })
    .join('');
}

function java(cases: readonly Case[]): string {
  const input = cases.map(({ assignor, members, counts }) => {
    const sizes = [...counts].map(([topic, count]) => `${topic}:${count}`).join();
    const lines = members.map((one) =>
      [
        ...[one.memberId, one.groupInstanceId ?? '-', one.topics.join() || '-', listed(one.ownedPartitions)],
        ...[one.generationId, hex(one.userData)],
      ].join(' '),
    );
    return `${assignor.name} ${sizes} ${members.length}\n${lines.join('\n')}\n`;
  });
  const program = fileURLToPath(new URL('Assignors.java', import.meta.url));
  const quiet = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=off'];
  const run = spawnSync('java', [...quiet, '-cp', classPath, program], {
    input: input.join(''),
    encoding: 'utf8',
    timeout: 80_000,
    maxBuffer: 64 << 20,
  });
  expect(run.stderr).toBe('');
  return run.stdout;
}

function grouped(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  const topics = [...new Set(partitions.map(({ topic }) => topic))].sort();
  return topics.map((name) => {
    const own = partitions.filter(({ topic }) => topic === name).map(({ partition }) => partition);
    return { topic: name, partitions: own.sort((a, b) => a - b) };
  });
}

const listed = (partitions: readonly TopicPartition[]) =>
  partitions.map(({ topic, partition }) => `${topic}:${partition}`).join() || '-';

const hex = (bytes: Uint8Array | null) => (bytes === null ? '-' : Buffer.from(bytes).toString('hex'));
