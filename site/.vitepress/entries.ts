/**
 * Entries of an appendix. They stand in a fence of the page, one after the other with an empty line between, so that all prose is in Markdown: a first line with
 * parts between bars, which says what the entry is about, and then its text. What the entries are made into are headings, so that each has an address, with a line or two below.
 */

import { escapeHtml } from './outputs.ts';

export interface Entry {
  /** The parts of the first line. */
  readonly head: readonly string[];
  /** The lines below it. */
  readonly lines: readonly string[];
}

/** The entries of a fence, in order. */
export function entriesOf(text: string): Entry[] {
  const blocks = text.trim() === '' ? [] : text.trim().split(/\n\s*\n/);
  return blocks.map((block) => {
    const [first, ...lines] = block.split('\n').map((line) => line.trim());
    return { head: first.split('|').map((part) => part.trim()), lines };
  });
}

/** The entries of a page. `kind` is their class. */
export function listHtml(kind: string, items: readonly string[]): string {
  return `<div class="entries ${kind}" v-pre>${items.join('')}</div>\n`;
}

/**
 * One entry: a heading with its address, which the search finds by it, and what is said of it; empty texts are left out.
 * @param level that of the heading: 2, or 3 on a page that has sections
 * @param facts what stands beside the title
 */
export function itemHtml(level: 2 | 3, id: string, title: string, texts: readonly string[], facts = ''): string {
  const beside = facts === '' ? '' : ` <span class="facts">${facts}</span>`;
  const said = texts.filter((text) => text !== '').map((text) => `<p>${text}</p>`);
  return `<div><h${level} id="${id}"><a href="#${id}">${title}</a>${beside}</h${level}>${said.join('')}</div>`;
}

/** Text with code between backticks. */
export function codeAndText(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}
