import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { realClock } from '../../lib/node/clock.ts';

describe('the real clock', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('a wait longer than a timer of Node can hold does not end at once', async () => {
    const month = 30 * 24 * 3_600_000;
    let rang = 0;
    realClock.after(month, () => rang++);
    await vi.advanceTimersByTimeAsync(month - 1);
    expect(rang).toBe(0);
    await vi.advanceTimersByTimeAsync(2);
    expect(rang).toBe(1);
  });

  test('a cancelled wait never ends, also after its first part', async () => {
    const month = 30 * 24 * 3_600_000;
    let rang = 0;
    const cancel = realClock.after(month, () => rang++);
    await vi.advanceTimersByTimeAsync(2 ** 31);
    cancel();
    cancel();
    await vi.advanceTimersByTimeAsync(month);
    expect(rang).toBe(0);
  });

  test('monotonic time never runs backwards when somebody sets the clock on the wall', () => {
    const before = realClock.monotonicMs();
    vi.setSystemTime(0);
    expect(realClock.wallMs()).toBe(0);
    expect(realClock.monotonicMs()).toBeGreaterThanOrEqual(before);
  });

  test('a wait that has ended is over by the clock, too', async () => {
    vi.useRealTimers();
    for (const ms of [0, 1, 3, 7]) {
      const before = realClock.monotonicMs();
      await realClock.sleep(ms);
      expect(realClock.monotonicMs() - before).toBeGreaterThanOrEqual(ms);
      expect(Number.isInteger(realClock.monotonicMs())).toBe(true);
    }
  });
});
