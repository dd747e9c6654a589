/**
 * Things people say about Kafka. The page has the sentences; what is to be thought of each is the verdict of a row of `test/truth/rows/`, behind which stands an experiment,
 * so the page cannot say anything else than the tests do. An entry is
 *
 *     an address | the rows that it is about | cells that show it, or the number of a chapter
 *     what is said
 *     what holds
 */

import { rows } from '../../test/truth/rows/index.ts';
import type { Verdict } from '../../test/truth/rows/row.ts';
import type { Entry } from './entries.ts';
import { codeAndText, entriesOf, itemHtml, listHtml } from './entries.ts';
import type { Place } from './places.ts';
import { linkHtml, Places } from './places.ts';

export interface Thing {
  readonly id: string;
  /** The ids of its rows, which all have the verdict. */
  readonly rows: readonly string[];
  readonly verdict: Verdict;
  readonly said: string;
  readonly truth: string;
  /** The chapter that it belongs to, written or not. */
  readonly chapter: string;
  /** The cells that show it. */
  readonly cells: readonly Place[];
}

const WORDS: Record<Verdict, string> = {
  TRUE: 'Holds',
  COND: 'With a condition',
  OLD: 'No longer',
  WRONG: 'Wrong',
  OPINION: 'A matter of opinion',
  QUESTION: 'A question',
};

/** The entries of a fence. Throws a `RangeError` for a row or a cell that is not there. */
export function thingsOf(text: string, places: Places): Thing[] {
  return entriesOf(text).map((entry) => thingOf(entry, places));
}

export function thingsHtml(text: string): string {
  return listHtml('things', thingsOf(text, new Places()).map(thingHtml));
}

function thingOf({ head: [id, about, where], lines: [said, ...truth] }: Entry, places: Places): Thing {
  const addresses = where.split(' ');
  return {
    id,
    rows: about.split(' '),
    verdict: verdictOf(id, about.split(' ')),
    said,
    truth: truth.join(' '),
    chapter: addresses[0].split('#')[0],
    cells: addresses.filter((address) => address.includes('#')).map((address) => cellAt(id, address, places)),
  };
}

function verdictOf(id: string, ids: readonly string[]): Verdict {
  const verdicts = ids.map((row) => rows.find((one) => one.id === row)?.verdict);
  const [verdict] = verdicts;
  if (verdict !== undefined && verdicts.every((one) => one === verdict)) return verdict;
  throw new RangeError(`${id} is about ${ids.join(' ')}: rows that are there, and of one verdict, are needed`);
}

function cellAt(id: string, address: string, places: Places): Place {
  const place = places.cell(address);
  if (place === undefined) throw new RangeError(`${id} leads to ${address}, and there is no such cell`);
  return place;
}

function thingHtml({ id, verdict, said, truth, cells }: Thing): string {
  const word = `<strong class="verdict ${verdict.toLowerCase()}">${WORDS[verdict]}.</strong>`;
  const links = cells.length === 0 ? '' : ` <span class="seen">${cells.map(linkHtml).join(', ')}.</span>`;
  return itemHtml(3, id, codeAndText(said), [`${word} ${codeAndText(truth)}${links}`]);
}
