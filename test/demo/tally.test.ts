import { describe, expect, test } from 'vitest';
import { readFlights, rowsOf, sumsOfFlights } from './flights.ts';
import { differences, Tally } from './tally.ts';

const flights = readFlights().slice(0, 500);
const rows = rowsOf(flights);
const deliveries = rows.map((row, offset) => ({ partition: 0, offset, row }));

function tallied(all: typeof deliveries): Tally {
  const tally = new Tally();
  for (const delivery of all) tally.add(delivery);
  return tally;
}

describe('the count behind the demo', () => {
  test('each row once gives the sums of the flights themselves', () => {
    const tally = tallied(deliveries);
    expect(differences(sumsOfFlights(flights), tally.sums)).toEqual([]);
    expect(tally).toMatchObject({ rows: 1000, readAgain: 0, writtenTwice: 0, outOfOrder: 0, reached: [1000] });
  });

  test('rows that come twice change no sum, and are told apart by their offset', () => {
    const written = deliveries.slice(0, 30).map(({ row }, index) => ({ partition: 0, offset: 1000 + index, row }));
    const tally = tallied([...deliveries, ...deliveries.slice(900), ...written, ...written.slice(20)]);
    expect(differences(sumsOfFlights(flights), tally.sums)).toEqual([]);
    expect(tally).toMatchObject({ rows: 1000, readAgain: 110, writtenTwice: 30, outOfOrder: 0 });
  });

  test('a row that never comes is seen in the sum of its airport', () => {
    const tally = tallied(deliveries.slice(1));
    expect(tally.rows).toBe(999);
    expect(differences(sumsOfFlights(flights), tally.sums)).toEqual([
      expect.stringMatching(new RegExp(`^${rows[0].airport}: -?\\d+ instead of -?\\d+$`)),
    ]);
  });

  test('two rows of an airport that change places are seen', () => {
    const [first, second] = deliveries.filter(({ row }) => row.airport === rows[0].airport);
    const swapped = deliveries.map((delivery) =>
      delivery === first ? second : delivery === second ? first : delivery,
    );
    expect(tallied(swapped).outOfOrder).toBeGreaterThan(0);
  });
});
