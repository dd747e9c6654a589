import { expect, test } from 'vitest';
import { realClock } from '../../lib/node/clock.ts';
import { memoryDisk } from '../../lib/node/memoryDisk.ts';
import { realWorld } from '../../lib/node/world.ts';
import { type Controlled, makeControls, Tasks } from '../../lib/sim/controls.ts';
import { TaskFailed, UntilTimedOut } from '../../lib/sim/errors.ts';
import { Trace } from '../../lib/trace/trace.ts';
import { simulatedToy, type Toy, ToyConsumer, ToyTopic } from './toyKafka.ts';

function simulated() {
  const { world, trace } = simulatedToy();
  return { controls: world, trace };
}

function real() {
  const world = realWorld(memoryDisk());
  const trace = new Trace(realClock);
  const controlled: Controlled<Toy> = {
    clock: realClock,
    trace,
    worldFor: () => world,
    open: (process, controls) => ({
      world: controls,
      consumer: () => new ToyConsumer(process.host().clock, new ToyTopic([])),
    }),
  };
  return { trace, controls: makeControls(controlled, new Tasks(), 'main') };
}

test('pass lets time pass, and tasks run in it', async () => {
  const { controls } = simulated();
  const seen: number[] = [];
  controls.spawn('ticker', async ({ world }) => {
    for (;;) {
      seen.push(world.now());
      await world.sleep('1 s');
    }
  });
  expect(seen).toEqual([]);
  await controls.pass('3500 ms');
  expect(seen).toEqual([0, 1000, 2000, 3000]);
  expect(controls.now()).toBe(3500);
});

test('until comes back as soon as its condition holds, also an asynchronous one', async () => {
  const { controls } = simulated();
  let value = 0;
  controls.spawn('counter', async ({ world }) => {
    for (; value < 10; value++) await world.sleep(33);
  });
  await controls.until(() => value === 3);
  expect(controls.now()).toBe(100);
  await controls.until(async () => value === 5);
  expect(controls.now()).toBe(170);
  await controls.until(() => true);
  expect(controls.now()).toBe(170);
});

test('a condition that does not come true is named in the error', async () => {
  const { controls } = simulated();
  const balance = 90;
  const error = await controls
    .until(() => (balance as number) === 130, { within: '2 s' })
    .catch((error: unknown) => error);
  expect(error).toBeInstanceOf(UntilTimedOut);
  expect((error as Error).message).toMatch(/balance.* === 130 did not come true within 2000 ms/);
  expect(controls.now()).toBe(2000);
});

test('a condition that throws ends the waiting with its error', async () => {
  const { controls } = simulated();
  const broken = controls.until(() => {
    throw new Error('no such account');
  });
  await expect(broken).rejects.toThrow('no such account');
});

for (const [name, make] of Object.entries({ simulated, real })) {
  test(`${name} world: a task can be awaited, and its state be asked for`, async () => {
    const { controls } = make();
    const task = controls.spawn('worker', ({ world }) => world.sleep(5));
    expect([task.name, task.state]).toEqual(['worker', 'running']);
    await task.done;
    expect(task.state).toBe('done');
    await task.done;
  });

  test(`${name} world: what a task throws comes through done`, async () => {
    const { controls } = make();
    const task = controls.spawn('worker', async () => {
      throw new Error('out of money');
    });
    await expect(task.done).rejects.toThrow('out of money');
    expect(task.state).toBe('failed');
    await controls.pass(1);
  });

  test(`${name} world: a failure nobody awaits is reported by name, once`, async () => {
    const { controls } = make();
    controls.spawn('worker', async () => {
      throw new Error('out of money');
    });
    const error = await controls.pass(20).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TaskFailed);
    expect((error as Error).message).toBe("the task 'worker' failed: out of money");
    await controls.pass(1);
  });

  test(`${name} world: a failure ends an until that could wait for ever`, async () => {
    const { controls } = make();
    controls.spawn('worker', async ({ world }) => {
      await world.sleep(5);
      throw new Error('out of money');
    });
    await expect(controls.until(() => false)).rejects.toThrow("the task 'worker' failed");
  });

  test(`${name} world: a crashed task does nothing more, and its done resolves`, async () => {
    const { controls } = make();
    let rounds = 0;
    let left = false;
    const task = controls.spawn('worker', async ({ world }) => {
      try {
        for (;;) {
          rounds++;
          await world.sleep(5);
        }
      } finally {
        left = true;
      }
    });
    await controls.until(() => rounds > 1);
    task.crash();
    const crashedAt = rounds;
    expect(task.state).toBe('crashed');
    await task.done;
    await controls.pass(40);
    expect([rounds, left]).toEqual([crashedAt, false]);
    task.crash();
    task.thaw();
    expect(task.state).toBe('crashed');
  });

  test(`${name} world: a frozen task waits for its thaw`, async () => {
    const { controls } = make();
    let rounds = 0;
    const task = controls.spawn('worker', async ({ world }) => {
      for (;;) {
        rounds++;
        await world.sleep(5);
      }
    });
    await controls.until(() => rounds > 1);
    task.freeze();
    expect(task.state).toBe('frozen');
    const frozenAt = rounds;
    await controls.pass(50);
    expect(rounds).toBe(frozenAt);
    task.thaw();
    await controls.until(() => rounds > frozenAt + 1);
    expect(task.state).toBe('running');
    task.crash();
  });

  test(`${name} world: two running tasks cannot have one name; a dead one's name is free`, async () => {
    const { controls } = make();
    const task = controls.spawn('worker', ({ world }) => world.sleep('1 h'));
    expect(() => controls.spawn('worker', async () => {})).toThrow("a task named 'worker' is running");
    task.crash();
    await controls.spawn('worker', async () => {}).done;
  });

  test(`${name} world: an effect happens once, and stands in the trace of who did it`, async () => {
    const { controls, trace } = make();
    let balance = 0;
    const task = controls.spawn('ledger', async ({ world }) => {
      await world.effect('apply +100', () => {
        balance += 100;
      });
    });
    await task.done;
    expect(balance).toBe(100);
    const effects = trace.events.filter(({ what }) => what === 'effect.done');
    expect(effects.map(({ node, detail }) => [node, detail])).toEqual([['ledger', { name: 'apply +100' }]]);
  });
}
