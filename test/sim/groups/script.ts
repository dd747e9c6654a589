/**
 * A script is one life of a group, written down: who joins how, and what goes wrong when. It is grown from a seed, and it is plain JSON, so that a
 * script that has found something can be made shorter, kept, and played again.
 */
import { between, SeededRandom } from '../../../lib/sim/random.ts';

/** When a member commits. The last two are for groups that would rather leave something out than do it twice. */
export const styles = {
  afterWork: ['auto', 'sync', 'perRecord', 'onRevoke', 'rewind', 'async'],
  beforeWork: ['before', 'beforePerRecord'],
} as const;
export type Style = (typeof styles)[keyof typeof styles][number];

/** The eager ones go together; a cooperative one is for all members or for none. */
const eager = ['range', 'roundRobin', 'sticky'] as const;
export type Strategy = (typeof eager)[number] | 'cooperativeSticky';

/** What goes lost on its way from the one to the other. */
export type Direction = 'there' | 'back' | 'both';

const groupApis = ['JoinGroup', 'SyncGroup', 'Heartbeat', 'OffsetCommit', 'OffsetFetch', 'LeaveGroup'] as const;
export type GroupApi = (typeof groupApis)[number];

export type Action = { readonly at: number } & (
  | {
      readonly do: 'join';
      readonly member: string;
      readonly style: Style;
      readonly workMs: number;
      readonly polls: number;
      /** Its strategies, the favourite first. */
      readonly offers: readonly Strategy[];
    }
  | { readonly do: 'leave' | 'crash' | 'reset'; readonly member: string }
  | { readonly do: 'freeze' | 'slow'; readonly member: string; readonly forMs: number }
  | { readonly do: 'cut'; readonly member: string; readonly way: Direction; readonly forMs: number }
  | {
      readonly do: 'lag';
      readonly member: string;
      readonly way: Direction;
      readonly byMs: number;
      readonly forMs: number;
    }
  | { readonly do: 'lose'; readonly member: string; readonly way: Direction }
  | { readonly do: 'dropAnswer' | 'dropConnection'; readonly api: GroupApi; readonly member: string }
  | { readonly do: 'delay' | 'delayAnswer'; readonly api: GroupApi; readonly member: string; readonly byMs: number }
  | { readonly do: 'addPartition'; readonly topic: string }
  | { readonly do: 'crashBroker'; readonly downMs: number }
);

export interface Script {
  readonly seed: number;
  readonly topics: { readonly [topic: string]: number };
  readonly commits: keyof typeof styles;
  /** What all members have in common; some offer others as well. */
  readonly strategy: Strategy;
  readonly sessionTimeoutMs: number;
  /** Whether members have names of their own, which outlive them (KIP-345). */
  readonly named: boolean;
  readonly maxSize: number;
  /** How many records the writer sends to each topic, in a row over the whole of the trouble. */
  readonly records: number;
  /** How large a record is, and how much of a partition a fetch may bring: less than one record is still one record. */
  readonly valueBytes: number;
  readonly fetchBytes: number;
  readonly actions: readonly Action[];
}

/** The trouble lasts so long; what comes afterwards has to end well. */
export const TROUBLE_MS = 20_000;

/** The limits that members live with: as short as can be, so that a seed is over soon. */
export const timing = {
  heartbeatIntervalMs: 500,
  maxPollIntervalMs: 3_000,
  requestTimeoutMs: 2_500,
  metadataMaxAgeMs: 3_000,
} as const;

/** At the end of the name of a process that comes under the name of another, which may still be there. */
export const TWIN = '-twin';

export function scriptOf(seed: number): Script {
  const random = new SeededRandom(`groups ${seed}`);
  const pick = <T>(from: readonly T[]): T => from[between(random, 0, from.length - 1)];
  const chance = (percent: number) => between(random, 1, 100) <= percent;
  const strategy: Strategy = chance(30) ? 'cooperativeSticky' : pick(eager);
  const named = chance(30);
  const sessionTimeoutMs = pick([2_000, 5_000]);
  const commits = chance(80) ? 'afterWork' : 'beforeWork';
  const members = Array.from({ length: between(random, 2, 5) }, (_, at) => `m${at + 1}`);
  const topics = { ledger: between(random, 1, 4), ...(chance(40) ? { audit: between(random, 1, 3) } : {}) };

  const join = (at: number, member: string): Action => {
    const other = strategy === 'cooperativeSticky' ? strategy : pick(eager);
    const offers = pick([[strategy], [strategy, other], [other, strategy]]);
    const [style, workMs, polls] = [pick(styles[commits]), pick([0, 0, 1, 5, 20]), pick([1, 3, 10, 500])];
    return { at, do: 'join', member, style, workMs, polls, offers: [...new Set(offers)] };
  };
  const absence = (at: number, member: string): Action[] => [{ at, do: 'leave', member }, join(at + 1_500, member)];
  const trouble = (at: number): Action[] => {
    const member = pick(members);
    const other = pick(members.filter((name) => name !== member));
    const forMs = pick([200, 1_000, 2_500, 4_500]);
    const way = pick(['there', 'back', 'both'] as const);
    const api = pick(groupApis);
    switch (between(random, 1, 21)) {
      case 1:
      case 2:
        return [{ at, do: 'crash', member }, ...(chance(70) ? [join(at + pick([50, 500, 3_000]), member)] : [])];
      case 3:
        if (named && chance(40)) return [join(at, `${member}${TWIN}`)];
        return [{ at, do: 'leave', member }, ...(chance(60) ? [join(at + 1_500, member)] : [])];
      case 4:
        return [{ at, do: 'freeze', member, forMs }];
      case 5:
        return [{ at, do: 'slow', member, forMs }];
      case 6:
        return [{ at, do: 'cut', member, way, forMs }];
      case 7:
        return [{ at, do: 'lag', member, way, byMs: pick([20, 200, 1_500]), forMs }];
      case 8:
        return [{ at, do: 'lose', member, way }];
      case 9:
        return [{ at, do: 'reset', member }];
      case 10:
      case 11:
        return [{ at, do: 'dropAnswer', api, member }];
      case 12:
        return [{ at, do: 'delayAnswer', api, member, byMs: pick([100, 1_000, 2_200]) }];
      case 13:
        return [{ at, do: 'dropConnection', api, member }];
      case 14:
      case 15:
        return [{ at, do: 'delay', api, member, byMs: pick([200, 1_000, 2_700, 4_000]) }];
      case 16:
      case 17:
        // A commit that comes when the group has long gone on: its sender has given it up, and joined again.
        return [{ at, do: 'delay', api: 'OffsetCommit', member, byMs: 4_000 }, ...absence(at + 300, other)];
      case 18:
      case 19:
        // A member that lives and does not come to the meeting.
        return [{ at, do: 'freeze', member, forMs: 4_500 }, ...absence(at + 200, other)];
      case 20:
        return chance(60)
          ? [{ at, do: 'addPartition', topic: pick(Object.keys(topics)) }]
          : [{ at, do: 'crashBroker', downMs: pick([20, 500, 3_000]) }];
      default:
        return [join(at, member)];
    }
  };

  const actions: Action[] = [join(0, members[0])];
  for (const member of members.slice(1)) actions.push(join(between(random, 0, 3_000), member));
  // At least one rebalance more than the first: after a crash, and, as a named member comes back without one, for a new partition.
  const crashAt = between(random, 4_000, 10_000);
  actions.push({ at: crashAt, do: 'crash', member: members[0] }, join(crashAt + pick([50, 500, 3_000]), members[0]));
  actions.push({ at: between(random, 10_000, 16_000), do: 'addPartition', topic: pick(Object.keys(topics)) });
  const troubles = between(random, 5, 12);
  for (let count = 0; count < troubles; count++) actions.push(...trouble(between(random, 1_000, TROUBLE_MS - 1_000)));
  const valueBytes = chance(25) ? 300 : 10;
  return {
    seed,
    topics,
    commits,
    strategy,
    sessionTimeoutMs,
    named,
    maxSize: !named && chance(20) ? members.length - 1 : 100,
    records: between(random, 60, 120),
    valueBytes,
    fetchBytes: valueBytes > 10 ? 100 : 1_048_576,
    actions: actions.sort((one, other) => one.at - other.at),
  };
}
