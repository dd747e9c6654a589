import { expect, test } from 'vitest';
import { toMs } from '../../lib/world/duration.ts';

test.each([
  ['10 ms', 10],
  ['1.5 s', 1500],
  ['5min', 300_000],
  ['1 h', 3_600_000],
  ['7 d', 604_800_000],
  [250, 250],
])('%s', (duration, ms) => expect(toMs(duration)).toBe(ms));

test.each(['10', 'soon', '-1 s', '', Number.NaN, -1, Infinity])(
  '%s is refused, with the forms that are accepted',
  (wrong) => {
    expect(() => toMs(wrong)).toThrow(/'45 s'/);
  },
);
