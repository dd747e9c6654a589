/**
 * The glossary. An entry is
 *
 *     a term | its forms in the chapters, with commas between | the chapter that explains it, unless it is the first that has it
 *     what it means
 *
 * The link leads to the first place of that chapter, or of a later one, which has the word. It is looked up and not written down.
 */

import type { Entry } from './entries.ts';
import { codeAndText, entriesOf, itemHtml, listHtml } from './entries.ts';
import { linkHtml, Places } from './places.ts';

export interface Term {
  readonly id: string;
  readonly term: string;
  /** Whether a text uses it. */
  readonly pattern: RegExp;
  readonly meaning: string;
  /** The number of the chapter before which nothing is looked for. */
  readonly from: string | undefined;
}

/** The entries of a fence. */
export function termsOf(text: string): Term[] {
  return entriesOf(text).map(termOf);
}

export function termsHtml(text: string): string {
  const places = new Places();
  return listHtml(
    'terms',
    termsOf(text).map((term) => termHtml(term, places)),
  );
}

function termOf({ head: [term, forms, from], lines }: Entry): Term {
  return {
    id: idOf(term),
    term,
    pattern: new RegExp(`\\b(?:${(forms ?? term).replaceAll('`', '').replaceAll(', ', '|')})\\b`, 'i'),
    meaning: lines.join(' '),
    from,
  };
}

export function idOf(term: string): string {
  return term
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function termHtml({ id, term, pattern, meaning, from }: Term, places: Places): string {
  const place = places.first(pattern, from);
  if (place === undefined) throw new RangeError(`The glossary explains ${term}, which no chapter uses`);
  return itemHtml(2, id, codeAndText(term), [`${codeAndText(meaning)} <span class="seen">${linkHtml(place)}.</span>`]);
}
