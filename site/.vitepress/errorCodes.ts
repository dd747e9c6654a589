/**
 * Every error code that the library knows, with the place at which a chapter meets it. Codes, names and meanings are those of `lib/protocol/errors.ts`; what a client does about an
 * error stands in the page, by its name.
 */

import { Errors } from '../../lib/protocol/errors.ts';
import { codeAndText, entriesOf, itemHtml, listHtml } from './entries.ts';
import { linkHtml, Places } from './places.ts';

/** The part of the list that the fence is for: the errors that it has something to say of, or all others. */
export function errorsHtml(advice: string): string {
  const told = new Map(entriesOf(advice).map(({ head, lines }) => [head[0], lines.join(' ')]));
  const unknown = [...told.keys()].find((name) => !Object.keys(Errors).includes(name));
  if (unknown !== undefined) throw new RangeError(`There is no error ${unknown}`);
  const places = new Places();
  const errors = Object.values(Errors).sort((a, b) => a.code - b.code);
  return listHtml(
    'errors',
    errors.map(({ code, name, retriable, message }) => {
      const title = `<span class="number">${String(code).replace('-', '−')}</span> <code>${name}</code>`;
      const place = places.first(new RegExp(`\\b${name}\\b`));
      const link = place === undefined || name === 'NONE' ? '' : ` <span class="seen">${linkHtml(place)}.</span>`;
      const meaning = codeAndText(message);
      const does = codeAndText(told.get(name) ?? '');
      const texts = does === '' ? [meaning + link] : [meaning, does + link];
      return itemHtml(2, idOf(name), title, texts, retriable ? 'retriable' : '');
    }),
  );
}

export function idOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
