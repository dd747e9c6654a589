/**
 * What one group has read, over all its members: every row once, and the repetitions by their cause.
 *
 * A row can come twice for two reasons, and the log tells them apart. At the same offset, it was read again: a member had read it and ended
 * before it had committed. At another offset, it was written twice: the broker was killed after the append and before the answer, and the
 * producer, which could not know, sent the batch again. Neither is an error; both are what "at least once" means.
 */
import type { Row } from './flights.ts';

export interface Delivery {
  readonly partition: number;
  readonly offset: number;
  readonly row: Row;
}

export class Tally {
  readonly sums = new Map<string, number>();
  readAgain = 0;
  writtenTwice = 0;
  /** Rows that came, for the first time, behind a later row of their airport. */
  outOfOrder = 0;
  /** Per partition, the offset behind the last one seen. */
  readonly reached: number[] = [];
  readonly #ids = new Set<number>();
  readonly #places = new Set<string>();
  readonly #lastId = new Map<string, number>();

  /** How many different rows have come. */
  get rows(): number {
    return this.#ids.size;
  }

  add({ partition, offset, row }: Delivery): void {
    this.reached[partition] = Math.max(this.reached[partition] ?? 0, offset + 1);
    const place = `${partition}/${offset}`;
    if (this.#places.has(place)) {
      this.readAgain++;
      return;
    }
    this.#places.add(place);
    if (this.#ids.has(row.id)) {
      this.writtenTwice++;
      return;
    }
    this.#ids.add(row.id);
    if (row.id < (this.#lastId.get(row.airport) ?? -1)) this.outOfOrder++;
    this.#lastId.set(row.airport, row.id);
    this.sums.set(row.airport, (this.sums.get(row.airport) ?? 0) + row.amount);
  }
}

/** The airports whose sums differ, with both sums. */
export function differences(expected: ReadonlyMap<string, number>, found: ReadonlyMap<string, number>): string[] {
  const airports = new Set([...expected.keys(), ...found.keys()]);
  return [...airports]
    .filter((airport) => expected.get(airport) !== found.get(airport))
    .map(
      (airport) => `${airport}: ${found.get(airport) ?? 'nothing'} instead of ${expected.get(airport) ?? 'nothing'}`,
    );
}
