/**
 * A third member comes to a group of two: how long until all three have their share, and how many requests that takes, on our broker and on Apache Kafka,
 * with our consumers and with those of kafkajs. Then what a crowd of members costs that starts within a minute, in virtual time.
 *
 * Members beat ten times a second here. Nobody tells a member that somebody has come: it hears it with its next heartbeat, so most of the time is
 * half of that interval, and with Java's default of three seconds it would be thirty times as much, with any broker.
 */
import { createRequire } from 'node:module';
import { gather } from '../sim/manyMembers.ts';
import { type BrokerProcess, startApache, startBroker } from './brokerProcess.ts';
import { load, progress, skipped } from './harness.ts';
import { rounds } from './options.ts';
import { kafkaito } from './peers.ts';
import { quantile } from './rounds.ts';

const { connect } = await load<typeof import('../../lib/node/index.ts')>('node/index');
const { openRealKafka } = await load<typeof import('../../lib/node/realKafka.ts')>('node/realKafka');
const { realTrace } = await load<typeof import('../../lib/node/world.ts')>('node/world');
const { simulate } = await load<typeof import('../../lib/sim/simulate.ts')>('sim/simulate');
const { Kafka, logLevel }: typeof import('kafkajs') = createRequire(import.meta.url)('kafkajs');

const PARTITIONS = 6;
const HEARTBEAT_MS = 100;
const LIMIT_MS = 20_000;

interface Sample {
  readonly ms: number;
  /** Requests of all three members in that time. */
  readonly requests: ReadonlyMap<string, number>;
}

/** A group of one kind of client; each member says how many partitions it has. */
interface Members {
  add(): Promise<{ readonly size: () => number; readonly close: () => Promise<void> }>;
  close(): Promise<void>;
}

type Kind = (bootstrap: string, topic: string, heard: (api: string) => void) => Members;

const ours: Kind = (bootstrap, topic, heard) => {
  const [host, port] = bootstrap.split(':');
  const trace = realTrace();
  trace.watch(({ what, detail }) => {
    if (what === 'request.sent') heard(String(detail.api));
  });
  const kafka = openRealKafka([{ host, port: Number(port) }], trace);
  return {
    async add() {
      const consumer = kafka.consumer({ groupId: topic, enableAutoCommit: false, heartbeatIntervalMs: HEARTBEAT_MS });
      await consumer.subscribe([topic]);
      let isOver = false;
      const polling = (async () => {
        while (!isOver) await consumer.poll('50 ms');
      })();
      return {
        size: () => consumer.assignment().length,
        async close() {
          isOver = true;
          await polling;
          await consumer.close();
        },
      };
    },
    close: () => kafka.close(),
  };
};

const kafkajs: Kind = (bootstrap, topic, heard) => {
  const kafka = new Kafka({ brokers: [bootstrap], clientId: 'bench', logLevel: logLevel.NOTHING });
  return {
    async add() {
      const consumer = kafka.consumer({ groupId: topic, heartbeatInterval: HEARTBEAT_MS, maxWaitTimeInMs: 50 });
      let size = 0;
      consumer.on('consumer.group_join', ({ payload }) => {
        size = Object.values(payload.memberAssignment).flat().length;
      });
      consumer.on('consumer.rebalancing', () => {
        size = 0;
      });
      consumer.on('consumer.network.request', ({ payload }) => heard(payload.apiName));
      await consumer.connect();
      await consumer.subscribe({ topic });
      await consumer.run({ autoCommit: false, eachMessage: async () => {} });
      return { size: () => size, close: () => consumer.disconnect() };
    },
    close: async () => {},
  };
};

const kinds: { readonly [name: string]: Kind } = { kafkaito: ours, kafkajs };

export async function bench(): Promise<boolean> {
  const brokers: BrokerProcess[] = [await startBroker('kafkaito', kafkaito())];
  try {
    brokers.push(await startApache('Apache Kafka'));
  } catch (error) {
    skipped('a rebalance on Apache Kafka', error instanceof Error ? error.message.split('\n')[0] : String(error));
  }
  try {
    for (const [name, kind] of Object.entries(kinds)) await compare(name, kind, brokers);
  } finally {
    for (const broker of brokers) await broker.close();
  }
  await crowds();
  return true;
}

async function compare(name: string, kind: Kind, brokers: readonly BrokerProcess[]): Promise<void> {
  const samples = new Map<BrokerProcess, Sample[]>(brokers.map((broker) => [broker, []]));
  for (let round = 1; round <= rounds; round++) {
    progress(`a third member, ${name}: round ${round} of ${rounds}`);
    for (const broker of brokers) samples.get(broker)?.push(await third(broker, kind, `third-${name}-${round}`));
  }
  progress('');
  console.log(`from two members to three, ${name} as client, a heartbeat every ${HEARTBEAT_MS} ms`);
  for (const [broker, all] of samples) {
    const times = all.map(({ ms }) => ms);
    const [low, mid, high] = [0.1, 0.5, 0.9].map((part) => quantile(times, part).toFixed(0));
    console.log(`    ${broker.name.padEnd(13)} ${mid} ms (${low} to ${high}), ${requestsOf(all)}`);
  }
}

/** The median of each kind of request. Heartbeats and fetches depend on how long it takes and are told apart. */
function requestsOf(samples: readonly Sample[]): string {
  const apis = [...new Set(samples.flatMap(({ requests }) => [...requests.keys()]))].sort();
  const counts = apis.map(
    (api) =>
      [
        api,
        quantile(
          samples.map(({ requests }) => requests.get(api) ?? 0),
          0.5,
        ),
      ] as const,
  );
  const inTime = (api: string) => api === 'Fetch' || api === 'Heartbeat';
  const fixed = counts.filter(([api]) => !inTime(api));
  const told = (some: typeof counts) => some.map(([api, count]) => `${api} ${count}`).join(', ');
  const sum = fixed.reduce((total, [, count]) => total + count, 0);
  return `${sum} requests (${told(fixed)}), and ${told(counts.filter(([api]) => inTime(api)))}`;
}

async function third(broker: BrokerProcess, kind: Kind, topic: string): Promise<Sample> {
  const admin = await connect(broker.bootstrap);
  await admin.admin().createTopics([{ name: topic, partitions: PARTITIONS }]);
  await admin.close();
  let requests = new Map<string, number>();
  const group = kind(broker.bootstrap, topic, (api) => requests.set(api, (requests.get(api) ?? 0) + 1));
  const members = [await group.add()];
  const share = (count: number) =>
    until(() => members.length === count && members.every(({ size }) => size() === PARTITIONS / count));
  await share(1);
  members.push(await group.add());
  await share(2);
  requests = new Map();
  const began = performance.now();
  members.push(await group.add());
  await share(3);
  const sample = { ms: performance.now() - began, requests: new Map(requests) };
  for (const member of members) await member.close();
  await group.close();
  return sample;
}

async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = performance.now() + LIMIT_MS; !isSo(); ) {
    if (performance.now() > deadline) throw new Error(`the group has not come to rest within ${LIMIT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** How the cost of a start grows with the number of members. */
async function crowds(): Promise<void> {
  console.log('members that start at equal distances within a minute of virtual time');
  for (const members of [10, 100, 1_000]) {
    progress(`${members} members`);
    const began = performance.now();
    const { generations, mostRequests, requests, settledAfterMs, bytes } = await gather(simulate, {
      members,
      withinMs: 60_000,
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const each = ([...requests.values()].reduce((sum, count) => sum + count, 0) / members).toFixed(1);
    progress('');
    const rounds = `${generations} ${generations === 1 ? 'round' : 'rounds'}`;
    const cost = `${each} requests a member, ${mostRequests} at most; ${(bytes / 1000).toFixed(0)} kB of records; ${seconds} s of this machine`;
    console.log(`    ${String(members).padStart(5)}: ${rounds}, at rest ${settledAfterMs} ms after the last; ${cost}`);
  }
  console.log(
    [
      '    The first round of a group waits for 3 s, and for 3 s more as long as somebody has come meanwhile. A hundred and a thousand come close enough',
      '    to fall into one round: nine requests a member at most, whatever their number (two fewer for whoever gets no partition), and a rest that',
      '    comes from 3 to 6 s after the last. Ten come 6 s apart and fall into ten rounds, in each of which all who are there join and sync again:',
      '    requests grow with the square. What else grows: the answer to the leader, its assignment and the record have an entry for each member;',
      '    and the coordinator copies its table of members when one joins or syncs, which is a square again, a tenth of the time at a thousand.',
    ].join('\n'),
  );
}
