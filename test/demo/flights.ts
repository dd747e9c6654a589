/**
 * Twenty thousand real flights, as a ledger of aeroplanes: each flight takes one away from its origin (-1) and brings one to its destination
 * (+1). A row carries an id, because that is how a reader recognises a row that it has seen before.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Flight {
  readonly origin: string;
  readonly destination: string;
}

export interface Row {
  /** Counts up in the order of the file. */
  readonly id: number;
  readonly airport: string;
  readonly amount: 1 | -1;
}

/** The flights of the package `vega-datasets`, from January to June 2001, in the order of their departure. */
export function readFlights(): Flight[] {
  return JSON.parse(readFileSync(join(root, 'node_modules', 'vega-datasets', 'data', 'flights-20k.json'), 'utf8'));
}

export function rowsOf(flights: readonly Flight[]): Row[] {
  return flights.flatMap(({ origin, destination }, index) => [
    { id: 2 * index, airport: origin, amount: -1 },
    { id: 2 * index + 1, airport: destination, amount: 1 },
  ]);
}

/** What must come out, counted straight from the flights: arrivals minus departures of every airport. */
export function sumsOfFlights(flights: readonly Flight[]): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (airport: string, amount: number) => sums.set(airport, (sums.get(airport) ?? 0) + amount);
  for (const { origin, destination } of flights) {
    add(origin, -1);
    add(destination, 1);
  }
  return sums;
}
