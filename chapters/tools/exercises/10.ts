/**
 * The group of chapter 10: members with lists of strategies, what its leader says and hears, and the check of a strategy of the reader's own.
 *
 * A strategy is a function, so most of the check is calls of it. Then it is put into a group with stock kafkajs, which leads first, and dies: the same function
 * divides in a client that knows nothing of this course, and in ours.
 */
import type { PartitionAssigner, Kafka as StockKafka } from 'kafkajs';
import {
  type Assignor,
  type ConsumerSettings,
  errorOf,
  type GroupMember,
  type Kafka,
  KafkaError,
  range,
  roundRobin,
  type SimulatedKafka,
  simulate,
  type Task,
  type TopicPartition,
} from '../../../lib/index.ts';
import { Verdict } from '../index.ts';

const TOPIC = 'accounts';
const PARTITIONS = 7;
const GROUP = 'ledger';

/** A fresh world with the topic `accounts` in seven partitions. */
export function accounts(): Promise<SimulatedKafka> {
  return simulate({ seed: 7, topics: { [TOPIC]: PARTITIONS } });
}

/**
 * Starts a member of the group `ledger` with this list of strategies; without one, with that of a consumer that says nothing. A moment passes, so that
 * members join in the order in which they are started. A member that is handed an event works on it for an hour.
 */
export async function join(
  kafka: SimulatedKafka,
  name: string,
  strategies?: readonly Assignor[],
  more: ConsumerSettings = {},
): Promise<Task> {
  const task = kafka.world.spawn(name, async (own) => {
    const list = strategies === undefined ? {} : { partitionAssignmentStrategy: strategies };
    const consumer = own.consumer({ groupId: GROUP, enableAutoCommit: false, ...list, ...more });
    await consumer.subscribe([TOPIC]);
    try {
      for await (const _ of consumer) await own.world.sleep('1 h');
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      console.log(`${name} is turned away: ${error.error.name}`);
    }
  });
  await kafka.world.pass('100 ms');
  return task;
}

/** Who leads the group now, and by which strategy it divides. */
export function leading(kafka: SimulatedKafka): string {
  const { leaderId, protocolName, generationId } = groupOf(kafka);
  return `generation ${generationId}: led by ${processOf(leaderId ?? 'nobody')}, strategy ${protocolName}`;
}

/** What each member of the group has been given. */
export function parts(kafka: SimulatedKafka): string {
  const members = groupOf(kafka).members.map(({ memberId, assignment }) => ({
    name: processOf(memberId),
    partitions: assignment[TOPIC] ?? [],
  }));
  return members
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name, partitions }) => `${name}: ${partitions.join(' ') || 'nothing'}`)
    .join('\n');
}

function groupOf(kafka: SimulatedKafka) {
  const group = kafka.cluster.group(GROUP);
  if (group === undefined) throw new Error(`there is no group ${GROUP}: start a member and let time pass`);
  return group;
}

/** Our members have their process in their id; kafkajs begins its own with its name. */
function processOf(id: string): string {
  return id.startsWith('kafkajs-') ? 'kafkajs' : id.split('/')[0];
}

/** Counts at the coordinator, from now on, what the answers to JoinGroup list and what SyncGroup carries. */
export function listen(kafka: SimulatedKafka): { readonly table: string } {
  const rows = new Map<string, { listed: number; carried: number }>();
  const rowOf = (clientId: string | null) => {
    const name = processOf(clientId ?? '');
    const row = rows.get(name) ?? { listed: 0, carried: 0 };
    rows.set(name, row);
    return row;
  };
  kafka.cluster.on('JoinGroup').answer(async ({ clientId }, handle) => {
    const response = await handle();
    rowOf(clientId).listed = response.members?.length ?? 0;
    return response;
  });
  kafka.cluster.on('SyncGroup').answer(async ({ clientId, request }, handle) => {
    rowOf(clientId).carried = request.assignments.length;
    return handle();
  });
  return {
    get table() {
      const lines = [...rows].map(([name, { listed, carried }]) => [name, String(listed), String(carried)]);
      return aligned([['', 'members told', 'parts given'], ...lines]);
    },
  };
}

/**
 * Listens at the coordinator for the next round: when somebody asks to join, what one member is told after that when it sends heartbeats, and whom the
 * leader is told of in the end.
 */
export function nextRound(kafka: SimulatedKafka, member: string): { readonly text: string } {
  const lines: string[] = [];
  const beats = new Map<string, number>();
  const note = (says: string) => lines.push(`${(kafka.world.now() / 1000).toFixed(1)} s  ${says}`);
  kafka.cluster.on('JoinGroup').answer(async ({ clientId, request }, handle) => {
    const who = processOf(clientId ?? '');
    if (request.memberId !== '') note(`${who} asks to join`);
    const response = await handle();
    const names = (response.members ?? []).map(({ memberId }) => processOf(memberId));
    if (names.length > 0) note(`${who} is told of ${names.join(', ')}`);
    return response;
  });
  kafka.cluster.on('Heartbeat', { clientId: `${member}/consumer-1` }).answer(async (_, handle) => {
    const isUnderWay = groupOf(kafka).state === 'PreparingRebalance';
    const response = await handle();
    const { name } = errorOf(response.errorCode ?? 0);
    if (isUnderWay) beats.set(name, (beats.get(name) ?? 0) + 1);
    return response;
  });
  return {
    get text() {
      const heard = [...beats].map(([answer, times]) => `${member}, ${times} heartbeats: ${answer}`);
      return [...lines, ...heard].join('\n');
    },
  };
}

function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

type Wanted = Record<string, readonly string[]>;
type Held = Record<string, readonly TopicPartition[]>;

function membersOf(wanted: Wanted, held: Held = {}): GroupMember[] {
  return Object.entries(wanted).map(([memberId, topics]) => {
    const ownedPartitions = held[memberId] ?? [];
    return {
      memberId,
      topics,
      ownedPartitions,
      groupInstanceId: null,
      generationId: held[memberId] ? 1 : -1,
      userData: null,
    };
  });
}

function divided(strategy: Assignor, members: readonly GroupMember[], counts: Record<string, number>): Held {
  return Object.fromEntries(strategy.assign(members, new Map(Object.entries(counts))));
}

function said(partitions: readonly TopicPartition[] = []): string {
  return partitions.map(({ topic, partition }) => `${topic}-${partition}`).join(' ') || 'nothing';
}

/** Calls the strategy, without a group: who gets what. */
export function spread(strategy: Assignor, wanted: Wanted, counts: Record<string, number>): string {
  const hands = divided(strategy, membersOf(wanted), counts);
  const lines = Object.entries(hands).map(([name, partitions]) => [
    `  ${name}`,
    String(partitions.length),
    said(partitions),
  ]);
  return `${strategy.name}\n${aligned(lines)}`;
}

/** Calls the strategy for three members, and again when the first has left, and tells what changed hands among the two that stayed. */
export function moves(strategy: Assignor): string {
  const counts = { [TOPIC]: PARTITIONS };
  const before = divided(strategy, membersOf({ one: [TOPIC], two: [TOPIC], three: [TOPIC] }), counts);
  const { one: _, ...held } = before;
  const members = membersOf({ two: [TOPIC], three: [TOPIC] }, held);
  const last = (name: string) => ({ partitions: before[name], generationId: 1 });
  const telling = members.map((member) => ({
    ...member,
    userData: strategy.userData?.(last(member.memberId)) ?? null,
  }));
  const after = divided(strategy, telling, counts);
  const numbers = (hands: Held, name: string) => (hands[name] ?? []).map(({ partition }) => partition).join(' ') || '-';
  const lines = ['one', 'two', 'three'].map((name) => [`  ${name}`, numbers(before, name), '→', numbers(after, name)]);
  return `${strategy.name}: ${movedBetween(before, after, ['two', 'three']).length} taken from the living\n${aligned(lines)}`;
}

function movedBetween(before: Held, after: Held, staying: readonly string[]): string[] {
  return staying.flatMap((name) => {
    const kept = new Set((after[name] ?? []).map(nameOf));
    return (before[name] ?? []).map(nameOf).filter((partition) => !kept.has(partition));
  });
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** One member reads, a second comes: how often the group meets for it, and what the first is told to give up. */
export async function newcomer(name: string, strategies?: readonly Assignor[]): Promise<string> {
  const kafka = await accounts();
  await join(kafka, 'one', strategies);
  await kafka.world.pass('10 s');
  const { generationId } = groupOf(kafka);
  let revoked = 0;
  kafka.cluster.trace.watch(({ node, what, detail }) => {
    if (what === 'consumer.revoked' && node.startsWith('one')) revoked += (detail.partitions as unknown[]).length;
  });
  await join(kafka, 'two', strategies);
  await kafka.world.pass('20 s');
  const now = groupOf(kafka);
  await kafka.close();
  const meetings = now.generationId - generationId;
  return `${name}: by ${now.protocolName}, ${meetings === 1 ? '1 meeting' : `${meetings} meetings`}, ${revoked} of ${PARTITIONS} taken`;
}

/** The warm-up: prints whether a group on `range` gets to `roundrobin` when its members are replaced, one by one, by such as have this list. */
export async function checkRolling(strategies: readonly Assignor[]): Promise<void> {
  console.log((await judgeRolling(strategies)).text);
}

export async function judgeRolling(strategies: readonly Assignor[]): Promise<Verdict> {
  const kafka = await accounts();
  const old = [
    await join(kafka, 'old 1', [range]),
    await join(kafka, 'old 2', [range]),
    await join(kafka, 'old 3', [range]),
  ];
  await kafka.world.pass('10 s');
  const lines = [`before: ${groupOf(kafka).protocolName}`];
  for (const [index, task] of old.entries()) {
    let refusal: string | undefined;
    task.crash();
    const next = kafka.world.spawn(`new ${index + 1}`, async (own) => {
      const consumer = own.consumer({ groupId: GROUP, partitionAssignmentStrategy: strategies });
      await consumer.subscribe([TOPIC]);
      try {
        for await (const _ of consumer);
      } catch (error) {
        refusal = error instanceof KafkaError ? error.error.name : String(error);
      }
    });
    await kafka.world.pass('1 min');
    if (next.state !== 'running') {
      await kafka.close();
      return new Verdict(false, [
        ...lines,
        `new ${index + 1}: ${refusal}`,
        'While one old member is left, whoever joins must offer what that member offers.',
      ]);
    }
    lines.push(`with ${index + 1} of 3 replaced: ${groupOf(kafka).protocolName}`);
  }
  const { protocolName } = groupOf(kafka);
  await kafka.close();
  if (protocolName === roundRobin.name) {
    return new Verdict(true, [
      ...lines,
      'The new strategy had three votes at once when the last that did not know it had left.',
    ]);
  }
  return new Verdict(false, [
    ...lines,
    'Everybody knows both, and everybody votes for the first of its list. Which one is that?',
  ]);
}

/** What `course/kafkajs` has: kafkajs as a program of a world, and the form in which it takes a strategy. */
export interface Stranger {
  readonly kafkajsIn: (own: Kafka) => StockKafka;
  readonly assignerIn: (own: Kafka, strategy: Assignor) => PartitionAssigner;
}

/** The exercise: prints whether the strategy can be trusted with a group, in which stock kafkajs is a member. */
export async function check(strategy: Assignor, stranger: Stranger): Promise<void> {
  console.log((await judge(strategy, stranger)).text);
}

export async function judge(strategy: Assignor, stranger: Stranger): Promise<Verdict> {
  const lines: string[] = [];
  for (const { name, fault } of trials) {
    const remark = fault(strategy);
    if (remark !== undefined) return new Verdict(false, [...lines, `${name}: no`, remark]);
    lines.push(`${name}: yes`);
  }
  const live = await lived(strategy, stranger);
  lines.push(...live.lines);
  return live.remark === undefined ? new Verdict(true, lines) : new Verdict(false, [...lines, live.remark]);
}

interface Trial {
  readonly name: string;
  /** What is wrong, if anything is. */
  readonly fault: (strategy: Assignor) => string | undefined;
}

const three: Wanted = { one: [TOPIC], two: [TOPIC], three: [TOPIC] };
const seven = { [TOPIC]: PARTITIONS };
const mixed: Wanted = { one: [TOPIC], two: [TOPIC, 'rates'], three: ['rates'] };
const both = { [TOPIC]: 4, rates: 3 };

const trials: readonly Trial[] = [
  {
    name: 'seven partitions, three members: each partition has one reader',
    fault: (strategy) => ownership(divided(strategy, membersOf(three), seven), seven),
  },
  {
    name: 'nobody has two more than another',
    fault(strategy) {
      const hands = divided(strategy, membersOf(three), seven);
      const counts = Object.keys(three).map((name) => hands[name]?.length ?? 0);
      if (Math.max(...counts) - Math.min(...counts) <= 1) return undefined;
      return `They have ${counts.join(', ')}. Seven for three can be 3, 2 and 2.`;
    },
  },
  {
    name: 'two topics, different wishes: each partition has one reader, who wants it',
    fault(strategy) {
      const hands = divided(strategy, membersOf(mixed), both);
      for (const [name, partitions] of Object.entries(hands)) {
        const stray = partitions.find(({ topic }) => !mixed[name].includes(topic));
        if (stray)
          return `${name} was given ${nameOf(stray)} and does not subscribe to ${stray.topic}: it would throw it away.`;
      }
      return ownership(hands, both);
    },
  },
  {
    name: 'the same members in another order: the same result',
    fault(strategy) {
      const members = membersOf(three);
      const [here, there] = [members, [...members].reverse()].map((order) => divided(strategy, order, seven));
      const other = Object.keys(three).find((name) => sorted(here[name]) !== sorted(there[name]));
      if (other === undefined) return undefined;
      return `${other} has ${sorted(here[other])}, or ${sorted(there[other])} when the members are listed the other way round. Nobody promises an order.`;
    },
  },
  {
    name: 'a member leaves: the others keep what they had, and share the rest',
    fault(strategy) {
      const before = divided(strategy, membersOf(three), seven);
      const { one: _, ...held } = before;
      const after = divided(strategy, membersOf({ two: [TOPIC], three: [TOPIC] }, held), seven);
      const moved = movedBetween(before, after, ['two', 'three']);
      if (moved.length > 0) {
        return `one left, and ${moved.join(' ')} changed hands between the two that stayed. Each says in ownedPartitions what it has.`;
      }
      return ownership(after, seven);
    },
  },
  {
    name: 'a member comes: it gets something',
    fault(strategy) {
      const held = divided(strategy, membersOf({ two: [TOPIC], three: [TOPIC] }), seven);
      const after = divided(strategy, membersOf(three, held), seven);
      if ((after.one ?? []).length === 0) return 'Everybody kept all of it, and the newcomer has nothing to read.';
      return ownership(after, seven);
    },
  },
];

function sorted(partitions: readonly TopicPartition[] = []): string {
  return partitions.map(nameOf).sort().join(' ');
}

/** Whether each partition has exactly one reader. */
function ownership(hands: Held, counts: Record<string, number>): string | undefined {
  const given = Object.values(hands).flatMap((partitions) => partitions.map(nameOf));
  for (const [topic, count] of Object.entries(counts)) {
    for (let partition = 0; partition < count; partition++) {
      const name = nameOf({ topic, partition });
      const times = given.filter((one) => one === name).length;
      if (times === 0) return `${name} has no reader: what is written there waits for ever, and nobody is told.`;
      if (times > 1) return `${name} has ${times} readers: each of its events would be booked ${times} times.`;
    }
  }
  return undefined;
}

/** The strategy in a group: kafkajs leads, two of our members follow; then kafkajs is killed. */
async function lived(strategy: Assignor, { kafkajsIn, assignerIn }: Stranger) {
  const kafka = await accounts();
  const read: string[] = [];
  const note = (who: string, partition: number, value: string) => read.push(`${value} of ${partition} by ${who}`);
  const kafkajs = kafka.world.spawn('kafkajs', async (own) => {
    const consumer = kafkajsIn(own).consumer({ groupId: GROUP, partitionAssigners: [assignerIn(own, strategy)] });
    await consumer.connect();
    await consumer.subscribe({ topics: [TOPIC] });
    await consumer.run({
      eachMessage: async ({ partition, message }) => void note('kafkajs', partition, String(message.value)),
    });
    await own.world.sleep('1 h');
  });
  await kafka.world.pass('1 s');
  for (const name of ['ours 1', 'ours 2']) {
    kafka.world.spawn(name, async (own) => {
      const consumer = own.consumer({ groupId: GROUP, partitionAssignmentStrategy: [strategy] });
      await consumer.subscribe([TOPIC]);
      for await (const { partition, value } of consumer) note(name, partition, String(value));
    });
  }
  const lines: string[] = [];
  const faults: string[] = [];
  const producer = kafka.producer();
  const everywhere = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: TOPIC, partition }));
  const round = async (value: string) => {
    const { leaderId } = groupOf(kafka);
    await producer.send(everywhere.map((one) => ({ ...one, value })));
    await kafka.world.pass('10 s');
    const seen = read.filter((line) => line.startsWith(value));
    lines.push(`led by ${processOf(leaderId ?? '')}: ${seen.length} of ${PARTITIONS} read`);
    if (seen.length !== PARTITIONS) faults.push(`What was read, ${value}: ${seen.join(', ')}.`);
  };
  await kafka.world.pass('20 s');
  await round('before');
  kafkajs.crash();
  await kafka.world.pass('1 min');
  await round('after');
  await kafka.close();
  return { lines, remark: faults[0] };
}
