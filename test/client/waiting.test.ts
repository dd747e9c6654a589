import { describe, expect, test } from 'vitest';
import { Backoff, Broadcast, late, retrying, Signal, Timers } from '../../lib/client/waiting.ts';
import { Errors, KafkaError } from '../../lib/protocol/errors.ts';
import { SeededRandom } from '../../lib/sim/random.ts';
import { SimulatedWorld } from '../../lib/sim/simulatedWorld.ts';
import { failure } from './stage.ts';

function made() {
  const world = new SimulatedWorld(1);
  const timers = new Timers(world.process('client').host().clock);
  const drive = <T>(promise: Promise<T>) => world.drive.drive('the test', promise);
  return { timers, drive, backoff: new Backoff(new SeededRandom(1), 100, 1000) };
}

describe('pauses', () => {
  test('double up to the limit, each within a fifth of that, and none beyond the limit', () => {
    const { backoff } = made();
    for (const [failures, pause] of [
      [1, 100],
      [2, 200],
      [3, 400],
      [4, 800],
      [5, 1000],
      [60, 1000],
    ]) {
      const drawn = Array.from({ length: 50 }, () => backoff.afterFailures(failures));
      expect(Math.min(...drawn)).toBeGreaterThanOrEqual(pause * 0.8);
      expect(Math.max(...drawn)).toBeLessThanOrEqual(Math.min(1000, pause * 1.2));
      expect(new Set(drawn).size).toBeGreaterThan(5);
    }
  });
});

describe('retrying', () => {
  const moved = new KafkaError(Errors.NOT_LEADER_OR_FOLLOWER, 'write');

  test('goes on while errors may pass', async () => {
    const { timers, drive, backoff } = made();
    let tries = 0;
    const attempt = async () => {
      if (++tries < 4) throw moved;
      return tries;
    };
    expect(await drive(retrying(timers, backoff, 'write', 10_000, attempt))).toBe(4);
    expect(timers.now()).toBeGreaterThanOrEqual(0.8 * 700);
  });

  test('ends at once with an error that will not pass', async () => {
    const { timers, drive, backoff } = made();
    const refused = new KafkaError(Errors.INVALID_GROUP_ID, 'join');
    const run = retrying(timers, backoff, 'join', 10_000, () => Promise.reject(refused));
    expect(await failure(drive(run))).toBe(refused);
    expect(timers.now()).toBe(0);
  });

  test('ends when the time is over, with the last obstacle, also when an attempt hangs', async () => {
    const { timers, drive, backoff } = made();
    const error = await failure(drive(retrying(timers, backoff, 'write', 2000, () => Promise.reject(moved))));
    expect(error.name).toBe('TimedOutError');
    expect(error.message).toMatch(/could not write within 2000 ms.*NOT_LEADER_OR_FOLLOWER/);
    const started = timers.now();
    const hanging = retrying(timers, backoff, 'write', 3000, () => new Promise(() => {}));
    expect((await failure(drive(hanging))).message).toContain('no answer came');
    expect(timers.now() - started).toBe(3000);
  });
});

describe('timers', () => {
  test('closing ends every wait at once', async () => {
    const { timers, drive } = made();
    const sleeping = failure(timers.sleep(60_000));
    const hanging = timers.within(new Promise(() => {}), 60_000);
    const waiting = new Signal(timers).wait(60_000);
    timers.close();
    expect((await sleeping).name).toBe('ClientClosedError');
    expect(await hanging).toBe(late);
    await waiting;
    expect((await failure(timers.sleep(1))).name).toBe('ClientClosedError');
    await drive(new Signal(timers).wait(60_000));
    expect(timers.now()).toBe(0);
  });

  test('what comes too late for `within` is dropped, errors too', async () => {
    const { timers, drive } = made();
    const slow = timers.sleep(200).then(() => Promise.reject(new Error('too late')));
    expect(await drive(timers.within(slow, 100))).toBe(late);
    await drive(timers.sleep(200));
  });

  test('a signal that was raised while nobody waited wakes the next one, once', async () => {
    const { timers, drive } = made();
    const signal = new Signal(timers);
    signal.raise();
    signal.raise();
    await signal.wait(1000);
    expect(timers.now()).toBe(0);
    await drive(signal.wait(1000));
    expect(timers.now()).toBe(1000);
  });

  test('a broadcast wakes all who wait, and nobody who comes later', async () => {
    const { timers, drive } = made();
    const broadcast = new Broadcast();
    const woken = Promise.all([broadcast.next(), broadcast.next()]);
    broadcast.send();
    await woken;
    expect(await drive(timers.within(broadcast.next(), 10))).toBe(late);
  });
});
