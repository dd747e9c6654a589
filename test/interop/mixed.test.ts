/**
 * One group of members in several languages, and one of them is ours: what the first of them, which leads, works out is bytes that the
 * others must understand, and what it is told of them are bytes of theirs.
 */
import { type Assignor, cooperativeSticky, type Kafka, kafkajsRoundRobin, range, roundRobin } from 'kafkaito';
import { connect } from 'kafkaito/node';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { fresh } from '../tools/fresh.ts';
import { Driver } from './driver.ts';
import { eventually } from './observe.ts';

const { bootstrap, clients } = inject('interop');
const PARTITIONS = 6;
const every = Array.from({ length: PARTITIONS }, (_, partition) => partition);

interface Company {
  readonly strategy: Assignor;
  readonly names: readonly string[];
  /** Who of them leads; else all do in turn, and we as well. */
  readonly leaders?: readonly string[];
}

/** Who can be in one group, since all of them know one strategy. */
const companies: readonly Company[] = [
  { strategy: range, names: ['java', 'confluent-kafka'] },
  { strategy: cooperativeSticky, names: ['franz-go', 'java'] },
  { strategy: roundRobin, names: ['confluent-kafka'] },
  { strategy: kafkajsRoundRobin, names: ['kafkajs'] },
  // A subscription of @platformatic/kafka says that it is of version 1 and ends before the field that came with it. Nobody else
  // can lead such a member: librdkafka gives it nothing, Java and we throw an error (ConsumerProtocol.java).
  { strategy: roundRobin, names: ['platformatic', 'confluent-kafka'], leaders: ['platformatic'] },
];

interface Member {
  partitions(): Promise<number[]>;
  leave(): Promise<void>;
}

const drivers = new Map<string, Driver>();
let kafka: Kafka;

beforeAll(async () => {
  kafka = await connect(bootstrap);
  for (const client of clients) drivers.set(client.name, new Driver(client));
  await kafka.admin().createTopics({ shared: PARTITIONS });
});

afterAll(async () => {
  await Promise.all([...drivers.values()].map((driver) => driver.close()));
  await kafka.close();
});

describe.each(companies)('$strategy.name with $names', ({ strategy, names, leaders }) => {
  const here = names.filter((name) => clients.some((client) => client.name === name));
  const join = (name: string, group: string) =>
    name === 'us' ? joinOurselves(group, strategy) : joinWith(drivers.get(name)!, group);

  // The first to come is the one who leads.
  test.each(leaders?.filter((name) => here.includes(name)) ?? ['us', ...here])(
    '%s leads, and all share what there is, also when the leader has gone',
    async (leader) => {
      const group = fresh(`mixed-${strategy.name}-${names.length}-${leader}`);
      const order = [leader, ...['us', ...here].filter((name) => name !== leader)];
      const members: Member[] = [];
      for (const name of order) {
        members.push(await join(name, group));
        expect(await shares(members)).toEqual(evenly(members.length));
      }
      expect(await protocolOf(group)).toBe(strategy.name);
      await members.shift()!.leave();
      expect(await shares(members)).toEqual(evenly(members.length));
      for (const member of members) await member.leave();
    },
  );
});

/** How many partitions each has, once every partition has one owner and nobody has more than is fair. */
async function shares(members: readonly Member[]): Promise<{ owned: number[]; sizes: number[] }> {
  const ask = async () => {
    const owned = await Promise.all(members.map((member) => member.partitions()));
    return { owned: owned.flat().sort(), sizes: owned.map(({ length }) => length) };
  };
  return eventually(ask, (found) => JSON.stringify(found) === JSON.stringify(evenly(members.length)));
}

function evenly(members: number): { owned: number[]; sizes: number[] } {
  return { owned: every, sizes: Array.from({ length: members }, () => PARTITIONS / members) };
}

async function protocolOf(group: string): Promise<string> {
  const [asked] = drivers.values();
  return (await asked.do('describeGroup', { group })).protocol;
}

async function joinWith(driver: Driver, group: string): Promise<Member> {
  const member = `${driver.client} in ${group}`;
  await driver.do('join', { member, group, topic: 'shared' });
  return {
    partitions: async () => (await driver.do('state', { member })).partitions,
    leave: async () => void (await driver.do('leave', { member })),
  };
}

async function joinOurselves(group: string, strategy: Assignor): Promise<Member> {
  const settings = { groupId: group, heartbeatIntervalMs: 200, partitionAssignmentStrategy: [strategy] };
  const consumer = kafka.consumer({ ...settings, autoOffsetReset: 'earliest', enableAutoCommit: false });
  await consumer.subscribe(['shared']);
  let isLeaving = false;
  const polling = (async () => {
    while (!isLeaving) await consumer.poll('50 ms');
    await consumer.close();
  })();
  return {
    partitions: async () => consumer.assignment().map(({ partition }) => partition),
    leave: () => {
      isLeaving = true;
      return polling;
    },
  };
}
