/**
 * Java, librdkafka and our consumer in one group under cooperative-sticky, each in a process of its own, with members that come, go, are busy
 * and are killed. What a member keeps through a rebalance is never revoked and read all the while, and every record is handled once: the
 * members commit what they have handled before they give a partition up.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { fresh } from '../tools/fresh.ts';
import { ourselves } from './clients.ts';
import { Driver, type Life } from './driver.ts';
import { createTopic, eventually, numbered } from './observe.ts';

const { bootstrap, clients } = inject('interop');
const PARTITIONS = 6;
/** So many records for each partition at a time. */
const BATCH = 5;
const every = Array.from({ length: PARTITIONS }, (_, partition) => partition);
const company = [ourselves(bootstrap), ...clients.filter(({ name }) => name === 'java' || name === 'confluent-kafka')];

let admin: Driver;

beforeAll(() => {
  admin = new Driver(clients[0]);
});

afterAll(() => admin.close());

// The first to come leads, and so each does once.
describe.concurrent.each(company)('$name leads', (leader) => {
  test('what is kept is never revoked, and each record is handled once', { timeout: 120_000 }, async () => {
    const others = company.filter((one) => one !== leader);
    const group = new Group(fresh(`cooperative-${leader.name}`));
    try {
      await createTopic(admin, group.topic, PARTITIONS);
      const first = await group.comes(leader);
      for (const other of others) await group.comes(other);
      await group.handlesEverything();
      await group.goes(group.members.at(-1)!);
      await group.comes(others.at(-1)!);
      await group.readsWhileOneIsBusy();
      await group.isBereftOf(first);
      await group.comes(leader);
      await group.handlesEverything();
    } finally {
      await group.end();
    }
  });
});

interface Member {
  readonly driver: Driver;
  readonly name: string;
}

interface Noted {
  readonly partitions: readonly number[];
  readonly calls: number;
}

const state = ({ driver, name }: Member) => driver.do('state', { member: name });

async function callsOf({ driver, name }: Member): Promise<Life['calls']> {
  const { calls, failure } = await driver.do('life', { member: name });
  expect(failure, name).toBeNull();
  return calls;
}

class Group {
  readonly topic: string;
  members: Member[] = [];
  readonly #drivers = new Map<string, Driver>();
  /** For each partition. */
  #produced = 0;
  #joined = 0;
  /** What was handled by members that are no more. */
  #handledBefore: (readonly [partition: number, offset: number])[] = [];

  constructor(topic: string) {
    this.topic = topic;
  }

  /** A new member, while records are on their way. */
  async comes(client: (typeof company)[number]): Promise<Member> {
    const driver = this.#drivers.get(client.name) ?? new Driver(client);
    this.#drivers.set(client.name, driver);
    const before = await this.#note();
    const member = await this.#joins(driver);
    await this.#produce();
    await this.#expectShared(before);
    return member;
  }

  /** A member leaves, while records are on their way. */
  async goes(member: Member): Promise<void> {
    const before = await this.#note();
    await this.#produce();
    this.members = this.members.filter((one) => one !== member);
    await member.driver.do('leave', { member: member.name });
    this.#handledBefore.push(...(await state(member)).received);
    await this.#expectShared(before);
  }

  /** A member's process is gone from one moment to the next. It has committed what it has handled. */
  async isBereftOf(member: Member): Promise<void> {
    await this.handlesEverything();
    const before = await this.#note();
    this.members = this.members.filter((one) => one !== member);
    this.#handledBefore.push(...(await state(member)).received);
    this.#drivers.delete(member.driver.client);
    await member.driver.kill();
    await this.#expectShared(before);
    await this.handlesEverything();
  }

  /** While the group waits for a member that does not poll, the others go on with what they have. */
  async readsWhileOneIsBusy(): Promise<void> {
    await this.handlesEverything();
    const before = await this.#note();
    const [first] = this.members;
    const isBusy = ({ driver }: Member) => driver.client !== first.driver.client && driver.client !== 'confluent-kafka';
    const busy = this.members.find(isBusy) ?? first;
    await busy.driver.do('hold', { member: busy.name });
    const newcomer = await this.#joins(first.driver);
    const meets = (found: string) => found === 'preparingrebalance';
    expect(await eventually(() => this.#state(), meets)).toSatisfy(meets);
    await this.#produce();
    for (const member of this.members.filter((one) => one !== busy && one !== newcomer)) {
      const { partitions, calls } = before.get(member)!;
      const wanted = partitions.map((partition) => `${partition} at ${this.#produced - 1}`);
      const last = async () => (await state(member)).received.slice(-PARTITIONS * BATCH).map(placeOf);
      const found = await eventually(last, (places) => wanted.every((place) => places.includes(place)));
      expect(found, member.name).toEqual(expect.arrayContaining(wanted));
      expect((await callsOf(member)).length, member.name).toBe(calls);
    }
    expect(await this.#state()).toSatisfy(meets);
    await busy.driver.do('release', { member: busy.name });
    await this.#expectShared(before);
    await this.goes(newcomer);
  }

  /** All records have come to the group, each once, and are committed. */
  async handlesEverything(): Promise<void> {
    await this.#produce();
    const ends = Object.fromEntries(every.map((partition) => [partition, this.#produced]));
    const committed = () =>
      admin.do('groupOffsets', { group: this.topic, topic: this.topic, partitions: every }).catch(() => ({}));
    expect(await eventually(committed, (found) => JSON.stringify(found) === JSON.stringify(ends))).toEqual(ends);
    const now = await Promise.all(this.members.map(async (member) => (await state(member)).received));
    const handled = [...this.#handledBefore, ...now.flat()].map(placeOf).sort();
    const offsets = Array.from({ length: this.#produced }, (_, offset) => offset);
    expect(handled).toEqual(every.flatMap((partition) => offsets.map((offset) => placeOf([partition, offset]))).sort());
  }

  async end(): Promise<void> {
    await Promise.all([...this.#drivers.values()].map((driver) => driver.close()));
  }

  async #joins(driver: Driver): Promise<Member> {
    this.#joined += 1;
    const member = { driver, name: `${driver.client}, who came as number ${this.#joined}` };
    const settings = { strategy: 'cooperative-sticky', commits: true } as const;
    await driver.do('join', { member: member.name, group: this.topic, topic: this.topic, ...settings });
    this.members.push(member);
    return member;
  }

  async #produce(): Promise<void> {
    const records = every.flatMap((partition) => numbered(BATCH, partition));
    await admin.do('produce', { topic: this.topic, codec: 'none', acks: -1, idempotent: false, records });
    this.#produced += BATCH;
  }

  async #state(): Promise<string> {
    return (await admin.do('describeGroup', { group: this.topic })).state.toLowerCase();
  }

  async #note(): Promise<Map<Member, Noted>> {
    const notes = this.members.map(async (member): Promise<[Member, Noted]> => {
      const [{ partitions }, { length }] = await Promise.all([state(member), callsOf(member)]);
      return [member, { partitions, calls: length }];
    });
    return new Map(await Promise.all(notes));
  }

  /** Every partition has one owner, nobody has two more than another, and what was kept since `before` was kept all the time. */
  async #expectShared(before: ReadonlyMap<Member, Noted>): Promise<void> {
    const ask = () => Promise.all(this.members.map(async (member) => (await state(member)).partitions));
    const isShared = (shares: readonly (readonly number[])[]) => {
      const sizes = shares.map(({ length }) => length);
      return String(shares.flat().sort()) === String(every) && Math.max(...sizes) - Math.min(...sizes) <= 1;
    };
    const shares = await eventually(ask, isShared);
    expect(shares).toSatisfy(isShared);
    for (const [index, member] of this.members.entries()) {
      const { partitions, calls } = before.get(member) ?? { partitions: [], calls: 0 };
      const since = (await callsOf(member)).slice(calls);
      const kept = shares[index].filter((partition) => partitions.includes(partition));
      const named = since.flatMap(([, itsPartitions]) => itsPartitions);
      expect(
        kept.filter((partition) => named.includes(partition)),
        `${member.name} ${JSON.stringify(since)}`,
      ).toEqual([]);
      expect(
        since.filter(([what]) => what === 'lost'),
        member.name,
      ).toEqual([]);
    }
  }
}

function placeOf([partition, offset]: readonly [partition: number, offset: number]): string {
  return `${partition} at ${offset}`;
}
