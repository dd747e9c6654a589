/**
 * Members with a name of their own (`group.instance.id`, KIP-345): such a member may go and come back within its session, and nobody else notices. Each
 * client that has them does so in a group with others, once as the leader; its process is killed, and a second process under the same name
 * takes its place. kafkajs has no such names.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { fresh } from '../tools/fresh.ts';
import { ourselves } from './clients.ts';
import { Driver, type Life } from './driver.ts';
import { createTopic, eventually, numbered } from './observe.ts';

const { bootstrap, clients } = inject('interop');
const PARTITIONS = 6;
const RECORDS = 3;
const every = Array.from({ length: PARTITIONS }, (_, partition) => partition);
const us = ourselves(bootstrap);
const subjects = [us, ...clients.filter(({ name }) => name !== 'kafkajs')];
const watchers = [us, ...clients.filter(({ name }) => name === 'java')];
const topic = 'static';

const drivers = new Map<string, Driver>();
const driverOf = (name: string) => drivers.get(name)!;

beforeAll(async () => {
  for (const client of [us, ...clients]) drivers.set(client.name, new Driver(client));
  await createTopic(driverOf('kafkajs'), topic, PARTITIONS);
  const records = every.flatMap((partition) => numbered(RECORDS, partition));
  await driverOf('kafkajs').do('produce', { topic, codec: 'none', acks: -1, idempotent: false, records });
});

afterAll(() => Promise.all([...drivers.values()].map((driver) => driver.close())));

describe.each(subjects)('$name', (subject) => {
  /** A second process of the same client. */
  let second: Driver;

  beforeEach(() => {
    second = new Driver(subject);
  });

  afterEach(() => second.close());

  test('leads, restarts unnoticed, and is fenced by a second process under its name', async () => {
    const group = new Group(fresh(`static-led-by-${subject.name}`));
    let member = await group.comes(driverOf(subject.name), 'named');
    for (const { name } of watchers) await group.comes(driverOf(name));
    const before = await group.settled();

    // On its way out @platformatic/kafka says goodbye all the same, so there it is only killed, further down.
    if (subject.name !== 'platformatic') {
      await member.leaves();
      member = await group.comes(driverOf(subject.name), 'named', member);
      expect(await group.settled()).toEqual(before);
    }
    const other = await group.comes(second, 'named', member);
    expect(await group.settled()).toEqual(before);
    expect(await eventually(member.failure, (failure) => failure !== null)).toMatch(/fenced|error 82/i);
    expect(await other.failure()).toBeNull();
    expect(await group.settled()).toEqual(before);
    await group.ends();
  });

  test('follows, is killed, and comes back unnoticed', async () => {
    const group = new Group(fresh(`static-with-${subject.name}`));
    for (const { name } of watchers) await group.comes(driverOf(name));
    const member = await group.comes(second, 'named');
    const before = await group.settled();
    await second.kill();
    await group.comes(driverOf(subject.name), 'named', member);
    expect(await group.settled()).toEqual(before);
    await group.ends();
  });
});

class Member {
  readonly driver: Driver;
  readonly #member: string;

  constructor(driver: Driver, name: string) {
    this.driver = driver;
    this.#member = name;
  }

  state = () => this.driver.do('state', { member: this.#member });
  life = (): Promise<Life> => this.driver.do('life', { member: this.#member });
  failure = async () => (await this.life()).failure;

  async leaves(): Promise<void> {
    await this.driver.do('leave', { member: this.#member });
  }
}

class Group {
  readonly #name: string;
  #members: Member[] = [];
  #named: Member | undefined;
  #joined = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** A new member, with a name that outlives it or without, in the place of another or in one of its own. */
  async comes(driver: Driver, instanceId?: string, predecessor?: Member): Promise<Member> {
    this.#joined += 1;
    const name = `${this.#name}, ${this.#joined}`;
    const settings = { strategy: 'roundrobin', ...(instanceId && { instanceId }) } as const;
    await driver.do('join', { member: name, group: this.#name, topic, ...settings });
    const member = new Member(driver, name);
    this.#members = [...this.#members.filter((one) => one !== predecessor), member];
    if (instanceId) this.#named = member;
    await this.#shares();
    return member;
  }

  /** What stays as it is when nobody notices anything: who has which partitions, and the lives of those without a name. */
  async settled() {
    const shares = await this.#shares();
    const others = this.#members.filter((member) => member !== this.#named);
    const lives = await Promise.all(others.map((member) => member.life()));
    const { partitions } = await this.#named!.state();
    const wanted = partitions.flatMap((partition) =>
      [...Array(RECORDS).keys()].map((offset) => `${partition}:${offset}`),
    );
    const reads = async () => (await this.#named!.state()).received.map((place) => place.join(':'));
    const found = await eventually(reads, (places) => wanted.every((place) => places.includes(place)));
    expect(found).toEqual(expect.arrayContaining(wanted));
    return { shares, lives, named: partitions.sort() };
  }

  async ends(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.leaves()));
  }

  /** The partitions of each, sorted: it does not matter in which order members are listed. */
  async #shares(): Promise<string[]> {
    const ask = async () => {
      const states = await Promise.all(this.#members.map((member) => member.state()));
      return states.map(({ partitions }) => [...partitions].sort().join());
    };
    const even = (shares: readonly string[]) =>
      shares
        .flatMap((share) => share.split(','))
        .sort()
        .join() === every.join() && new Set(shares.map(({ length }) => length)).size === 1;
    const shares = await eventually(ask, even);
    expect(shares).toSatisfy(even);
    return shares.sort();
  }
}
