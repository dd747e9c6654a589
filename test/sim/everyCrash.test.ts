import { expect, test } from 'vitest';
import { everyCrash, type Kafka, type SimulatedKafka, simulate } from '../../lib/index.ts';
import { type SimulatedToy, simulatedToy, type Toy } from './toyKafka.ts';

/** Ada's bank: a withdrawal without cover is refused and costs 10. */
class Bank {
  balance = 0;

  apply(amount: number): void {
    this.balance += this.balance + amount < 0 ? -10 : amount;
  }
}

const settings = {
  world: async (): Promise<SimulatedToy> => simulatedToy([100, 150, -120]),
  setup: () => new Bank(),
};

async function commitFirst(kafka: Toy, bank: Bank): Promise<void> {
  const consumer = kafka.consumer();
  for await (const amount of consumer) {
    await consumer.commitSync();
    await kafka.world.effect(`apply ${amount}`, () => bank.apply(amount));
  }
}

async function commitAfter(kafka: Toy, bank: Bank): Promise<void> {
  const consumer = kafka.consumer();
  for await (const amount of consumer) {
    await kafka.world.effect(`apply ${amount}`, () => bank.apply(amount));
    await consumer.commitSync();
  }
}

const balance = (bank: Bank) => bank.balance;
const strip = (points: readonly { where: string; outcome: number }[]) =>
  points.map(({ where, outcome }) => `${where}: ${outcome}`);

test('commit before the work: each crash between commit and effect loses that event, and no other crash does', async () => {
  expect(strip(await everyCrash(commitFirst, balance, settings))).toEqual([
    'after consumer.next: 130',
    'after consumer.commitSync: 30',
    'before apply 100: 30',
    'after apply 100: 130',
    'after consumer.next: 130',
    'after consumer.commitSync: 90',
    'before apply 150: 90',
    'after apply 150: 130',
    'after consumer.next: 130',
    'after consumer.commitSync: 250',
    'before apply -120: 250',
    'after apply -120: 130',
  ]);
});

test('commit after the work: each crash between effect and commit does it twice', async () => {
  expect(strip(await everyCrash(commitAfter, balance, settings))).toEqual([
    'after consumer.next: 130',
    'before apply 100: 130',
    'after apply 100: 230',
    'after consumer.commitSync: 130',
    'after consumer.next: 130',
    'before apply 150: 130',
    'after apply 150: 280',
    'after consumer.commitSync: 130',
    'after consumer.next: 130',
    'before apply -120: 130',
    'after apply -120: 10',
    'after consumer.commitSync: 130',
  ]);
});

test('each point has its number, the time of its crash, and a place; a second run is the same', async () => {
  const points = await everyCrash(commitAfter, balance, settings);
  expect(points.map(({ step }) => step)).toEqual(points.map((_, index) => index + 1));
  expect(points.slice(0, 4).map(({ atMs }) => atMs)).toEqual([1000, 1000, 1000, 1004]);
  expect(await everyCrash(commitAfter, balance, settings)).toEqual(points);
});

test('the finer grain crashes in the middle of calls, and finds no other balances', async () => {
  const points = await everyCrash(commitAfter, balance, { ...settings, within: '10 s', grain: 'doors' });
  expect(points.length).toBeGreaterThan(12);
  expect(new Set(points.map(({ where }) => where))).toEqual(
    new Set(
      ['100', '150', '-120']
        .flatMap((amount) => [`before apply ${amount}`, `after apply ${amount}`])
        .concat('after clock.after'),
    ),
  );
  expect(new Set(points.map(({ outcome }) => outcome))).toEqual(new Set([130, 230, 280, 10]));
});

test('of polls that bring nothing, one after the other, the first and the last are steps', async () => {
  const idle = async (kafka: Toy) => {
    const consumer = kafka.consumer();
    for (let round = 0; round < 9; round++) await consumer.poll();
  };
  const points = await everyCrash(idle, () => 0, { world: async () => simulatedToy([1, 2]) });
  expect(points.map(({ where, atMs }) => `${atMs} ${where}`)).toEqual([
    '1000 after consumer.poll',
    '2000 after consumer.poll',
    '3000 after consumer.poll, which brought nothing',
    '9000 after consumer.poll, which brought nothing',
  ]);
});

test('a call that fails is a step too, and waits of the world are', async () => {
  const program = async (kafka: Toy) => {
    await kafka.world.sleep('1 s');
    await kafka.world.until(() => false, { within: '1 s' }).catch(() => {});
    await kafka.world.pass('1 s');
  };
  const points = await everyCrash(program, () => 0, { world: async () => simulatedToy() });
  expect(points.map(({ where, atMs }) => `${atMs} ${where}`)).toEqual([
    '1000 after world.sleep',
    '2000 after world.until, which failed',
    '3000 after world.pass',
  ]);
});

test('a program that fails only when it is started again is reported with the place of the crash', async () => {
  let lives = 0;
  const program = async (kafka: Toy) => {
    lives++;
    await kafka.world.sleep('1 s');
    if (lives === 3) throw new Error('no such file');
  };
  await expect(everyCrash(program, () => 0, { world: async () => simulatedToy() })).rejects.toThrow(
    "a crash after world.sleep (step 1): the task 'program' failed: no such file",
  );
});

test('a program that fails by itself is reported, and one with too many steps is refused', async () => {
  const broken = async () => {
    throw new Error('no such file');
  };
  await expect(everyCrash(broken, () => 0, { world: async () => simulatedToy() })).rejects.toThrow('no such file');
  const endless = async (kafka: Toy) => {
    for (;;) await kafka.world.sleep(1);
  };
  await expect(everyCrash(endless, () => 0, { world: async () => simulatedToy(), maxSteps: 50 })).rejects.toThrow(
    'the program has more than 50 steps',
  );
});

test('a world that is not the same each time is noticed', async () => {
  let worlds = 0;
  const world = async () => simulatedToy(worlds++ === 0 ? [1, 2] : []);
  await expect(everyCrash(commitFirst, balance, { ...settings, world })).rejects.toThrow('not the same each time');
});

/** The program of chapter 00, on a whole Kafka; `order` says whether it commits before or after the work. */
function ledger(order: 'commit, apply' | 'apply, commit', sessionTimeoutMs = 45_000) {
  return async (kafka: Kafka, bank: Bank) => {
    const consumer = kafka.consumer({
      groupId: 'ledger',
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      maxPollRecords: 1,
      sessionTimeoutMs,
    });
    await consumer.subscribe(['account']);
    for await (const { value } of consumer) {
      if (order === 'commit, apply') await consumer.commitSync();
      await kafka.world.effect(`apply ${value}`, () => bank.apply(Number(value)), { takes: '10 ms' });
      if (order === 'apply, commit') await consumer.commitSync();
    }
  };
}

const account = {
  world: () => simulate({ seed: 7, topics: { account: 1 } }),
  setup: async (kafka: SimulatedKafka) => {
    const producer = kafka.producer();
    for (const value of ['100', '150', '-120']) await producer.send({ topic: 'account', key: 'Ada', value });
    return new Bank();
  },
};

test('on a whole Kafka: commit first loses, commit after repeats, each where it should', async () => {
  const outcomes = async (order: 'commit, apply' | 'apply, commit') =>
    (await everyCrash(ledger(order), balance, account)).map(({ outcome }) => outcome).join(' ');
  expect(await outcomes('commit, apply')).toBe('130 130 30 30 130 130 90 90 130 130 250 250 130');
  expect(await outcomes('apply, commit')).toBe('130 130 130 230 130 130 130 280 130 130 130 10 130');
});

test('on a whole Kafka, crashed in the middle of calls too: no balance that the order does not explain', async () => {
  const points = await everyCrash(ledger('apply, commit', 6000), balance, {
    ...account,
    within: '15 s',
    grain: 'doors',
  });
  expect(new Set(points.map(({ outcome }) => outcome))).toEqual(new Set([130, 230, 280, 10]));
});
