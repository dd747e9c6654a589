/** The life of a consumer group as every client lives it: two members share, commit, leave, come back, and the group is deleted. */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { Driver, Missing, type Offsets } from './driver.ts';
import { codeOf, createTopic, eventually, numbered } from './observe.ts';

const { clients } = inject('interop');
const PARTITIONS = 4;
const RECORDS = 10;
const every = Array.from({ length: PARTITIONS }, (_, partition) => partition);
const NON_EMPTY_GROUP = 68;
const GROUP_ID_NOT_FOUND = 69;

describe.each(clients)('$name', (client) => {
  const topic = `groups-${client.name}`;
  const group = `group-of-${client.name}`;
  const committed: Offsets = { 0: 3, 1: 0, 2: 10, 3: 7 };
  let driver: Driver;

  const state = (member: string) => driver.do('state', { member });
  const owned = async (member: string) => (await state(member)).partitions.sort();
  const offsets = () => driver.do('groupOffsets', { group, topic, partitions: every });
  const describeGroup = async () => {
    const { state, members } = await driver.do('describeGroup', { group });
    // Some clients write a state in their own letters.
    return `${state.toLowerCase().replaceAll('_', '')} with ${members}`;
  };

  beforeAll(async () => {
    driver = new Driver(client);
    await createTopic(driver, topic, PARTITIONS);
    const records = every.flatMap((partition) => numbered(RECORDS, partition));
    await driver.do('produce', { topic, codec: 'none', acks: -1, idempotent: false, records });
  });

  afterAll(() => driver.close());

  test('two members own every partition once, and all records come', async () => {
    await driver.do('join', { member: 'first', group, topic });
    expect(
      await eventually(
        () => owned('first'),
        ({ length }) => length === PARTITIONS,
      ),
    ).toEqual(every);
    await driver.do('join', { member: 'second', group, topic });
    const shares = await eventually(
      () => Promise.all([owned('first'), owned('second')]),
      ([first, second]) => first.length === 2 && second.length === 2,
    );
    expect(shares.flat().sort()).toEqual(every);
    expect(await eventually(describeGroup, (found) => found === 'stable with 2')).toBe('stable with 2');
    expect(await driver.do('listGroups', {})).toContain(group);

    const came = async () => [...(await state('first')).received, ...(await state('second')).received];
    const different = (places: readonly (readonly number[])[]) => new Set(places.map(String)).size;
    const received = await eventually(came, (places) => different(places) >= PARTITIONS * RECORDS);
    expect(different(received)).toBe(PARTITIONS * RECORDS);
  });

  test('each commits for its own partitions', async () => {
    for (const member of ['first', 'second']) {
      const its = (await owned(member)).map((partition) => [partition, committed[partition]]);
      await driver.do('commit', { member, topic, offsets: Object.fromEntries(its) });
    }
    expect(await offsets()).toEqual(committed);
    expect(await codeOf(driver.do('deleteGroup', { group }))).toBe(NON_EMPTY_GROUP);
  });

  test('when one leaves, the other takes its partitions over, and begins where it had committed', async () => {
    const before = await owned('first');
    await driver.do('leave', { member: 'second' });
    expect(
      await eventually(
        () => owned('first'),
        ({ length }) => length === PARTITIONS,
      ),
    ).toEqual(every);
    expect(await eventually(describeGroup, (found) => found === 'stable with 1')).toBe('stable with 1');
    const taken = every.filter((partition) => !before.includes(partition));
    const again = taken.flatMap((partition) => placesFrom(partition, committed[partition]));
    const received = await eventually(
      async () => (await state('first')).received.filter(([partition]) => taken.includes(partition)),
      (places) => again.every((place) => places.some((each) => String(each) === String(place))),
    );
    expect(received).toEqual(expect.arrayContaining(again));
    await driver.do('leave', { member: 'first' });
    expect(await eventually(describeGroup, (found) => found === 'empty with 0')).toBe('empty with 0');
  });

  test('a new member resumes exactly at the committed offsets', async () => {
    await driver.do('join', { member: 'third', group, topic });
    const wanted = every.flatMap((partition) => placesFrom(partition, committed[partition]));
    const received = await eventually(
      async () => (await state('third')).received,
      ({ length }) => length >= wanted.length,
    );
    expect(received.sort(byPlace)).toEqual(wanted);
    await driver.do('leave', { member: 'third' });
  });

  test('offsets of an empty group are set and removed, and the group is deleted, once', async () => {
    await eventually(describeGroup, (found) => found === 'empty with 0');
    await driver.do('alterGroupOffsets', { group, topic, offsets: { 0: 1, 1: 9 } });
    expect(await offsets()).toEqual({ ...committed, 0: 1, 1: 9 });
    const removal = driver.do('deleteGroupOffsets', { group, topic, partitions: [0, 2] });
    if (client.lacks.includes('deleteGroupOffsets')) {
      await expect(removal).rejects.toThrow(Missing);
    } else {
      await removal;
      expect(await offsets()).toEqual({ 1: 9, 3: 7 });
    }
    await driver.do('deleteGroup', { group });
    expect(await driver.do('listGroups', {})).not.toContain(group);
    expect(await codeOf(driver.do('deleteGroup', { group }))).toBe(GROUP_ID_NOT_FOUND);
    expect(await offsets()).toEqual({});
  });
});

function placesFrom(partition: number, offset: number): [number, number][] {
  return Array.from({ length: RECORDS - offset }, (_, index) => [partition, offset + index]);
}

function byPlace(one: readonly number[], other: readonly number[]): number {
  return one[0] - other[0] || one[1] - other[1];
}
