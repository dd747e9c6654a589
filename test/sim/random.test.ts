import { expect, test } from 'vitest';
import { between, SeededRandom } from '../../lib/sim/random.ts';

const draw = (random: { nextU32(): number }, count: number) => Array.from({ length: count }, () => random.nextU32());

test('a seed gives the same numbers for ever', () => {
  expect(draw(new SeededRandom(7), 4)).toEqual([2273644279, 1175207496, 2098460008, 2864626653]);
  expect(draw(new SeededRandom(7), 100)).toEqual(draw(new SeededRandom(7), 100));
  expect(draw(new SeededRandom(7), 4)).not.toEqual(draw(new SeededRandom(8), 4));
});

test('what one fork draws does not change what another draws', () => {
  const quiet = new SeededRandom(1);
  const busy = new SeededRandom(1);
  draw(busy, 50);
  draw(busy.fork('a'), 50);
  expect(draw(busy.fork('b'), 5)).toEqual(draw(quiet.fork('b'), 5));
});

test('the second fork of one name is another source than the first', () => {
  const random = new SeededRandom(1);
  expect(draw(random.fork('broker-0'), 3)).not.toEqual(draw(random.fork('broker-0'), 3));
});

test('names that look alike when joined are different forks', () => {
  const random = new SeededRandom(1);
  expect(draw(random.fork('a').fork('b'), 3)).not.toEqual(draw(random.fork('a/b'), 3));
});

test('numbers are whole, within 32 bits, and every value of a small range comes up about equally often', () => {
  const random = new SeededRandom('evenness');
  const counts = new Array<number>(6).fill(0);
  for (let round = 0; round < 60_000; round++) counts[between(random, 1, 6) - 1]++;
  for (const count of counts) {
    expect(count).toBeGreaterThan(9500);
    expect(count).toBeLessThan(10_500);
  }
  for (const number of draw(random, 1000)) expect(number >>> 0).toBe(number);
});
