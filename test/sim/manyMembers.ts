/**
 * Many members that start one after the other, and the group that they become: how many rounds it takes, what each member asks for, and how large the
 * record of the group is. For the test beside this file and for the benchmark of rebalances.
 */
import type { simulate } from '../../lib/sim/simulate.ts';

export interface Gathering {
  readonly members: number;
  /** They start at equal distances within this time. */
  readonly withinMs: number;
}

export interface Gathered {
  /** The generation in which all are in, which is the number of rounds. */
  readonly generations: number;
  /** Requests of the member that has made most, fetches and heartbeats not counted. */
  readonly mostRequests: number;
  /** The same of all members, by API. */
  readonly requests: ReadonlyMap<string, number>;
  /** From the last member to the group in which all have their work, in the world's time. */
  readonly settledAfterMs: number;
  /** Members that the leader of the last round has divided the partitions among. */
  readonly divided: number;
  /** What the group takes up in `__consumer_offsets`, all rounds together. */
  readonly bytes: number;
}

const NOT_COUNTED = ['Fetch', 'Heartbeat'];
/** Enough for everybody who shall have some, and few enough to leave most of a large group without. */
const PARTITIONS = 100;

/** `simulated` makes the world: the benchmark takes it from elsewhere. */
export async function gather(simulated: typeof simulate, { members, withinMs }: Gathering): Promise<Gathered> {
  const kafka = await simulated({ topics: { ledger: PARTITIONS } });
  const asked = new Map<string, number>();
  const requests = new Map<string, number>();
  const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  let [generations, lastStart, settledAt, divided] = [0, 0, 0, 0];
  let synced = 0;
  kafka.cluster.trace.watch(({ node, what, detail, at }) => {
    const api = String(detail.api);
    if (what === 'request.sent' && !NOT_COUNTED.includes(api)) {
      add(asked, node);
      add(requests, api);
    }
    if (what === 'group.state' && detail.to === 'PreparingRebalance') synced = 0;
    if (what === 'group.state' && detail.to === 'Stable') generations = Number(detail.generation);
    if (what === 'consumer.leads') divided = (detail.members as readonly string[]).length;
    if (what === 'response.sent' && api === 'SyncGroup' && ++synced === members) settledAt = at;
  });
  for (let number = 0; number < members; number++) {
    kafka.world.spawn(`member-${number}`, async ({ consumer, world }) => {
      await world.sleep(`${(number * withinMs) / members} ms`);
      lastStart = world.now();
      const reader = consumer({ groupId: 'crowd', enableAutoCommit: false });
      await reader.subscribe(['ledger']);
      for (;;) await reader.poll('10 s');
    });
  }
  await kafka.world.until(() => settledAt > 0, { within: `${withinMs + 30_000} ms` });
  // Those who have got partitions still ask where to begin.
  await kafka.world.pass('100 ms');
  let bytes = 0;
  // A log is read in the world's time, which has to pass meanwhile.
  await kafka.world.until(async () => {
    const { topics } = await kafka.cluster.broker(0);
    const logs = topics.named('__consumer_offsets')?.partitions.map(({ log }) => log) ?? [];
    const read = await Promise.all(logs.map((log) => log.read(0, 1 << 24, log.logEndOffset)));
    bytes = read.reduce((sum, { length }) => sum + length, 0);
    return bytes > 0;
  });
  await kafka.close();
  const mostRequests = Math.max(...asked.values());
  return { generations, mostRequests, requests, settledAfterMs: settledAt - lastStart, divided, bytes };
}
