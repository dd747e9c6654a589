/**
 * Entries of an appendix. They stand in a fence of the page, one after the other with an empty line between, so that all prose is in Markdown: a first line with
 * parts between bars, which says what the entry is about, and then its text. What the entries are made into is a list of descriptions, in which each has an address.
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

/** A list of descriptions. `kind` is its class. */
export function listHtml(kind: string, items: readonly string[]): string {
  return `<dl class="entries ${kind}" v-pre>${items.join('')}</dl>\n`;
}

/** One item of the list: its address, what it is about, facts to stand beside that, and what is said of it; empty texts are left out. */
export function itemHtml(id: string, title: string, texts: readonly string[], facts = ''): string {
  const beside = facts === '' ? '' : ` <span class="facts">${facts}</span>`;
  const said = texts.filter((text) => text !== '').map((text) => `<dd>${text}</dd>`);
  return `<div id="${id}"><dt><a href="#${id}">${title}</a>${beside}</dt>${said.join('')}</div>`;
}

/** Text with code between backticks. */
export function codeAndText(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}
