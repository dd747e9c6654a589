import { afterEach, expect, test, vi } from 'vitest';
import { makeHop } from '../../lib/sim/hop.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';

afterEach(() => void vi.unstubAllGlobals());

/** The order in which a hop and a long chain of promises end. */
async function order(): Promise<string[]> {
  const seen: string[] = [];
  const hop = makeHop();
  const hopped = new Promise<void>((resolve) => {
    hop(() => {
      seen.push('hop');
      resolve();
    });
  });
  for (let step = 0; step < 200; step++) await Promise.resolve();
  seen.push('chain');
  await hopped;
  return seen;
}

test('a hop comes after everything that follows from what just happened', async () => {
  expect(await order()).toEqual(['chain', 'hop']);
});

test('where there is no setImmediate, as in a browser, a message to oneself does the same', async () => {
  vi.stubGlobal('setImmediate', undefined);
  expect(await order()).toEqual(['chain', 'hop']);
  const world = new SimulatedWorld(1);
  await world.drive.drive('sleep', world.clock.of('node').sleep(3_600_000));
  expect(world.clock.monotonicMs()).toBe(3_600_000);
});
