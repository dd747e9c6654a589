/**
 * Plays a script: a broker, a writer, and members that come and go, with all the trouble that is written there. Then the trouble stops, and what is left
 * has to come to a good end within a time that follows from the limits of the group. The verdict is the checker's.
 */
import { type Kafka, type SimulatedKafka, simulate, type Task, type TraceEvent } from '../../../lib/index.ts';
import { check } from '../../../lib/sim/checker/check.ts';
import type { Violation } from '../../../lib/sim/checker/property.ts';
import { wiretap } from '../../../lib/sim/checker/wiretap.ts';
import { member, type Role } from './member.ts';
import { type Action, type Direction, type Script, TROUBLE_MS, timing } from './script.ts';

const GROUP = 'group';
const BROKER = 'broker-0';
/** How long the group has to be left in peace at the end. */
const QUIET_MS = 4_000;
/**
 * How long the end may take: a lost JoinGroup is given up after the rebalance timeout and 5 s, then a session has to end, a round to be waited for,
 * new partitions to be noticed and another round to be held.
 */
const calmMs = ({ sessionTimeoutMs }: Script) =>
  5_000 + 3 * timing.maxPollIntervalMs + sessionTimeoutMs + timing.metadataMaxAgeMs + 5_000 + QUIET_MS;

/** Less than this, and a seed has shown nothing. */
export const floors = { frames: 250, rebalances: 2, acknowledged: 40 } as const;

export interface Report {
  readonly script: Script;
  /** Requests that reached the broker. */
  readonly frames: number;
  /** Join phases that ended with members. */
  readonly rebalances: number;
  /** Records that their producer was told are safe. */
  readonly acknowledged: number;
  readonly violations: readonly Violation[];
  readonly events: readonly TraceEvent[];
}

/** Which floor a run stayed under, in words; undefined: none. */
export function isVoid(report: Report): string | undefined {
  const under = (Object.keys(floors) as (keyof typeof floors)[]).filter((name) => report[name] < floors[name]);
  return under.length === 0 ? undefined : under.map((name) => `${report[name]} ${name} of ${floors[name]}`).join(', ');
}

export async function play(script: Script): Promise<Report> {
  const { seed, topics, maxSize } = script;
  const kafka = await simulate({
    seed,
    topics,
    config: {
      'group.min.session.timeout.ms': '1000',
      'group.initial.rebalance.delay.ms': '500',
      'group.max.size': String(maxSize),
      'offsets.topic.num.partitions': '2',
    },
    trace: { capacity: 1_000_000 },
  });
  const tap = wiretap(kafka.cluster);
  const stage = new Stage(kafka, script);
  const problems: Violation[] = [];
  try {
    await stage.trouble();
    await stage.calm();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    problems.push({ row: 'program', promise: 'No program fails.', at: kafka.cluster.trace.count - 1, text });
  }
  const { events } = kafka.cluster.trace;
  const found = check([...events], {
    dense: true,
    commitsPositions: true,
    commits: script.commits,
    maxSize,
    calm: { group: GROUP, topics: stage.counts, quietMs: QUIET_MS },
  });
  const report = {
    script,
    frames: tap.frames,
    rebalances: count(events, ({ what, detail }) => what === 'group.state' && detail.to === 'CompletingRebalance'),
    acknowledged: stage.acknowledged,
    violations: [...problems, ...found],
    events: [...events],
  };
  tap.stop();
  await kafka.close().catch(() => {});
  return report;
}

class Stage {
  /** The partitions that there are by now. */
  readonly counts: { [topic: string]: number };
  acknowledged = 0;
  readonly #kafka: SimulatedKafka;
  readonly #script: Script;
  readonly #members = new Map<string, { readonly task: Task; readonly role: Role }>();
  /** What has to be undone later, and when. */
  readonly #later: { readonly at: number; readonly undo: () => unknown }[] = [];
  #isWriting = true;
  #brokerIsDown = false;
  #lastNews = 0;

  constructor(kafka: SimulatedKafka, script: Script) {
    this.#kafka = kafka;
    this.#script = script;
    this.counts = { ...script.topics };
    kafka.cluster.trace.watch(({ what, at, detail }) => {
      if (what === 'group.state' || what === 'group.member' || what === 'consumer.records') this.#lastNews = at;
      if (what === 'producer.acknowledged') this.acknowledged += Number(detail.to) - Number(detail.from) + 1;
    });
  }

  async trouble(): Promise<void> {
    const { world } = this.#kafka;
    world.spawn('writer', (kafka) => this.#write(kafka));
    const actions = [...this.#script.actions];
    for (let action = actions.shift(); action !== undefined; action = actions.shift()) {
      await this.#passTo(action.at);
      await this.#act(action);
    }
    await this.#passTo(TROUBLE_MS);
    for (const { undo } of this.#later.splice(0)) await undo();
  }

  /** Nothing fails any more. It is over as soon as nothing has happened for long enough, and at the latest when it should be. */
  async calm(): Promise<void> {
    const { world, cluster } = this.#kafka;
    cluster.network.healAll();
    cluster.removeControls();
    const alive = [...this.#members.values()].filter(({ task, role }) => task.state === 'running' && !role.isLeaving);
    for (const { task } of alive.slice(this.#script.maxSize)) task.crash();
    // A static leader that comes back is told to leave the assignment as it is, and does not know for how many partitions it was made: those that were added
    // just before are given to nobody until the next rebalance, with Kafka's own client too (KIP-814). So named members get one more.
    if (alive.length === 0 || this.#script.named) {
      const style = this.#script.commits === 'afterWork' ? 'sync' : 'before';
      await this.#act({
        at: 0,
        do: 'join',
        member: 'last',
        style,
        workMs: 0,
        polls: 500,
        offers: [this.#script.strategy],
      });
    }
    const since = world.now();
    const isSettled = () => {
      const quietSince = Math.max(since, this.#lastNews);
      return !this.#isWriting && world.now() - quietSince > QUIET_MS + timing.metadataMaxAgeMs && this.#isStable();
    };
    while (world.now() - since < calmMs(this.#script) && !isSettled()) await world.pass(500);
  }

  #isStable(): boolean {
    return this.#kafka.cluster.group(GROUP)?.state === 'Stable';
  }

  async #passTo(at: number): Promise<void> {
    const { world } = this.#kafka;
    for (;;) {
      const next = this.#later.sort((one, other) => one.at - other.at)[0];
      if (next === undefined || next.at > at) break;
      await world.pass(Math.max(0, next.at - world.now()));
      this.#later.shift();
      await next.undo();
    }
    if (at > world.now()) await world.pass(at - world.now());
  }

  async #act(action: Action): Promise<void> {
    const { cluster, world } = this.#kafka;
    const { network } = cluster;
    const later = (forMs: number, undo: () => unknown) => this.#later.push({ at: world.now() + forMs, undo });
    if (action.do === 'join') return this.#join(action);
    if (action.do === 'addPartition') return this.#addPartition(action.topic);
    if (action.do === 'crashBroker') {
      if (this.#brokerIsDown) return;
      this.#brokerIsDown = true;
      cluster.crash(0);
      later(action.downMs, async () => {
        await cluster.restart(0);
        this.#brokerIsDown = false;
      });
      return;
    }
    const { member } = action;
    const found = this.#members.get(member);
    const clientId = `${member}/consumer-1`;
    switch (action.do) {
      case 'leave':
        if (found) found.role.isLeaving = true;
        return;
      case 'crash':
        return found?.task.crash();
      case 'freeze':
        found?.task.freeze();
        later(action.forMs, () => found?.task.thaw());
        return;
      case 'slow':
        if (found) found.role.slowMs = action.forMs;
        return;
      case 'cut':
        for (const [from, to] of ways(member, action.way)) network.cutOneWay(from, to);
        later(action.forMs, () => network.heal(member, BROKER));
        return;
      case 'lag':
        for (const [from, to] of ways(member, action.way)) network.delay(from, to, action.byMs);
        later(action.forMs, () => network.heal(member, BROKER));
        return;
      case 'lose':
        for (const [from, to] of ways(member, action.way)) network.lose(from, to);
        return;
      case 'reset':
        return network.reset(member, BROKER);
      case 'dropAnswer':
        cluster.on(action.api, { clientId, times: 1 }).dropAnswer();
        return;
      case 'delay':
        cluster.on(action.api, { clientId, times: 1 }).delay(action.byMs);
        return;
      case 'delayAnswer':
        cluster.on(action.api, { clientId, times: 1 }).delayAnswer(action.byMs);
        return;
      case 'dropConnection':
        cluster.on(action.api, { clientId, times: 1 }).dropConnection({ handled: true });
        return;
    }
  }

  #join(join: Extract<Action, { do: 'join' }>): void {
    const before = this.#members.get(join.member)?.task.state;
    if (before === 'running' || before === 'frozen') return;
    const role: Role = { join, isLeaving: false, slowMs: 0 };
    const { trace } = this.#kafka.cluster;
    const task = this.#kafka.world.spawn(join.member, (kafka) => member(kafka, this.#script, role, trace));
    this.#members.set(join.member, { task, role });
  }

  async #addPartition(topic: string): Promise<void> {
    if (this.#brokerIsDown) return;
    const count = this.counts[topic] + 1;
    await this.#kafka.admin().createPartitions({ [topic]: count });
    this.counts[topic] = count;
  }

  async #write(kafka: Kafka): Promise<void> {
    const { records, topics, valueBytes } = this.#script;
    const producer = kafka.producer({ metadataMaxAgeMs: 1_000, requestTimeoutMs: 2_000 });
    for (let number = 0; number < records; number++) {
      for (const topic of Object.keys(topics)) {
        await producer.send({ topic, key: `key-${number}`, value: String(number).padStart(valueBytes, '.') });
      }
      await kafka.world.sleep(Math.floor(TROUBLE_MS / records));
    }
    this.#isWriting = false;
    await producer.close();
  }
}

function ways(member: string, way: Direction): [from: string, to: string][] {
  const both: [string, string][] = [
    [member, BROKER],
    [BROKER, member],
  ];
  return both.filter((_, index) => way === 'both' || way === (index === 0 ? 'there' : 'back'));
}

function count(events: readonly TraceEvent[], fits: (event: TraceEvent) => boolean): number {
  return events.reduce((sum, event) => sum + (fits(event) ? 1 : 0), 0);
}
