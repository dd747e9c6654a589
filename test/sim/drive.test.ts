import { expect, test } from 'vitest';
import { WALL_START_MS } from '../../lib/sim/clock.ts';
import { SimulationStalled } from '../../lib/sim/errors.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';

const tick = () => new Promise((resolve) => setTimeout(resolve, 5));

test('an hour of the world passes without anybody waiting', async () => {
  const world = new SimulatedWorld(1);
  const clock = world.clock.of('node');
  await world.drive.drive('sleep', clock.sleep(3_600_000));
  expect(clock.monotonicMs()).toBe(3_600_000);
  expect(clock.wallMs()).toBe(WALL_START_MS + 3_600_000);
  expect(new Date(clock.wallMs()).toISOString()).toBe('2026-01-01T01:00:00.000Z');
});

test('time stands still when no driven call waits', async () => {
  const world = new SimulatedWorld(1);
  const clock = world.clock.of('node');
  let beats = 0;
  const beat = () => {
    beats++;
    clock.after(10, beat);
  };
  clock.after(10, beat);
  await tick();
  expect(beats).toBe(0);
  await world.drive.drive('sleep', clock.sleep(95));
  expect([beats, clock.monotonicMs()]).toEqual([9, 95]);
  await tick();
  expect([beats, clock.monotonicMs()]).toEqual([9, 95]);
});

test('the loop stops at the event that settles the last driven call, and takes no other', async () => {
  const world = new SimulatedWorld(1);
  const seen: string[] = [];
  for (let index = 0; index < 10; index++) world.clock.schedule(5, 'later', () => seen.push('later'));
  await world.drive.drive('first', new Promise<void>((resolve) => world.clock.schedule(4, 'first', resolve)));
  await tick();
  expect(seen).toEqual([]);
});

test('everything that follows from one event has happened before the next', async () => {
  const world = new SimulatedWorld(1);
  const clock = world.clock.of('node');
  const seen: string[] = [];
  const chain = async (name: string) => {
    await clock.sleep(5);
    seen.push(name);
    for (let step = 0; step < 50; step++) await Promise.resolve();
    seen.push(name);
  };
  for (const name of ['a', 'b', 'c']) void chain(name);
  await world.drive.drive('all', clock.sleep(6));
  const [first, second, third] = [seen[0], seen[2], seen[4]];
  expect(seen).toEqual([first, first, second, second, third, third]);
});

test('two calls made together start together', async () => {
  const world = new SimulatedWorld(1);
  const clock = world.clock.of('node');
  const at = async (ms: number) => {
    await clock.sleep(ms);
    return clock.monotonicMs();
  };
  const both = [world.drive.drive('a', at(10)), world.drive.drive('b', at(20))];
  expect(await Promise.all(both)).toEqual([10, 20]);
});

test('things of one millisecond come in an order drawn by the seed', async () => {
  const orderOf = async (seed: number) => {
    const world = new SimulatedWorld(seed);
    const seen: number[] = [];
    for (let index = 0; index < 8; index++) world.clock.schedule(5, 'one', () => seen.push(index));
    await world.drive.drive('wait', world.clock.of('node').sleep(6));
    return seen.join('');
  };
  const orders = await Promise.all([1, 2, 3, 4].map(orderOf));
  expect(new Set(orders).size).toBe(4);
  expect(await orderOf(1)).toBe(orders[0]);
});

test('a call that nothing can answer says so at once', async () => {
  const world = new SimulatedWorld(1);
  const error = await world.drive.drive('consumer.poll', new Promise(() => {})).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(SimulationStalled);
  expect((error as SimulationStalled).message).toContain('consumer.poll waits for something outside');
});

test('a call is given up after an hour of the world, with the next five events', async () => {
  const world = new SimulatedWorld(1);
  const clock = world.clock.of('broker-0');
  const beat = () => void clock.after(60_000, beat);
  beat();
  for (let hours = 2; hours < 8; hours++) clock.after(hours * 3_600_000, () => {});
  const error = await world.drive.drive('producer.send', new Promise(() => {})).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(SimulationStalled);
  const { waiting, next } = error as SimulationStalled;
  expect(waiting).toBe('producer.send');
  expect(next).toEqual(
    [60_000, 3_540_000, 7_140_000, 10_740_000, 14_340_000].map((ms) => `+${ms} ms a timer of broker-0`),
  );
  expect(clock.monotonicMs()).toBe(3_660_000);
});

test('a call is given up after a million events even when no time passes', async () => {
  const world = new SimulatedWorld(1);
  const clock = world.clock.of('broker-0');
  const spin = () => void clock.after(0, spin);
  spin();
  await expect(world.drive.drive('producer.send', new Promise(() => {}))).rejects.toThrow(SimulationStalled);
  expect(world.drive.events).toBe(1_000_001);
});

test('a call that rightly takes a day is not given up', async () => {
  const world = new SimulatedWorld(1);
  await world.drive.drive('pass', world.clock.of('node').sleep(86_400_000), 86_400_000);
  expect(world.clock.monotonicMs()).toBe(86_400_000);
});

test('an event that throws reaches the call that waits', async () => {
  const world = new SimulatedWorld(1);
  world.clock.schedule(1, 'broken', () => {
    throw new Error('a bug in a timer');
  });
  await expect(world.drive.drive('wait', world.clock.of('node').sleep(5))).rejects.toThrow('a bug in a timer');
});

test('a closed world refuses calls, and ends those that wait', async () => {
  const world = new SimulatedWorld(1);
  const waiting = world.drive.drive('waiting', world.clock.of('node').sleep(5));
  world.drive.close();
  await expect(waiting).rejects.toThrow('closed meanwhile');
  await expect(world.drive.drive('late', Promise.resolve())).rejects.toThrow('make a new one with simulate()');
});

test('a wait that is not a number of milliseconds is refused where it is asked for', () => {
  const world = new SimulatedWorld(1);
  expect(() => world.clock.of('node').after(Number.NaN, () => {})).toThrow(TypeError);
  expect(() => world.clock.of('node').after(Number.POSITIVE_INFINITY, () => {})).toThrow(TypeError);
});
