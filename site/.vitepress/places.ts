/**
 * Places in the chapters that the appendices lead to: a cell by its name, or the first place at which something is said or shown. The chapters are read, never a list
 * of them, so a place that is not there any more stops the build. Links are relative, which suits every base path.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Chapter, Segment } from '../../chapters/tools/cells.ts';
import { parseChapter } from '../../chapters/tools/cells.ts';
import { ROOT, readSource } from './book.ts';
import { escapeHtml } from './outputs.ts';

export interface Place {
  /** As a reader would say it: `Chapter 07, cell 3`. */
  readonly text: string;
  /** From the page of an appendix: `./07-a-group-shares-a-topic#three`. */
  readonly link: string;
}

/** A part of a chapter that has an address of its own, and the words in it. */
interface Part {
  readonly kind: 'prose' | 'cell';
  readonly place: Place;
  readonly words: string;
  /** What a cell has printed or drawn; empty for prose. */
  readonly shown: string;
}

/** The link to a place. */
export function linkHtml({ text, link }: Place): string {
  return `<a href="${link}">${escapeHtml(text)}</a>`;
}

/** Every chapter that is written, with its parts. */
export class Places {
  readonly #parts = new Map<string, Part[]>();
  readonly #cells = new Map<string, Place>();

  constructor() {
    const files = readdirSync(join(ROOT, 'chapters')).sort();
    for (const file of files) {
      const [, name, number] = /^((\w\d?)-.+)\.md$/.exec(file) ?? [];
      if (name === undefined) continue;
      const chapter = parseChapter(readSource(`chapters/${file}`) ?? '', file, readSource);
      this.#parts.set(number, this.#partsOf(chapter, name, number));
    }
  }

  /** Whether the chapter of this number is written. */
  has(number: string): boolean {
    return this.#parts.has(number);
  }

  /** Where a cell is, given as `07#three`; undefined when there is none. */
  cell(address: string): Place | undefined {
    return this.#cells.get(address);
  }

  /** The first place whose prose has the pattern, or else whose code or output has it; undefined when there is none. Nothing before the chapter `from` is looked at. */
  first(pattern: RegExp, from = '00'): Place | undefined {
    const parts = [...this.#parts].filter(([number]) => number >= from).flatMap(([, some]) => some);
    const inProse = parts.find(({ kind, words }) => kind === 'prose' && pattern.test(words));
    const inCell = parts.find(({ words, shown }) => pattern.test(words) || pattern.test(shown));
    return (inProse ?? inCell)?.place;
  }

  #partsOf(chapter: Chapter, name: string, number: string): Part[] {
    const shown = shownBy(name);
    const parts: Part[] = [];
    let section: Place = { text: `Chapter ${number}`, link: `./${name}` };
    let count = 0;
    for (const segment of chapter.segments) {
      if (segment.kind === 'cell') {
        count += 1;
        const place = { text: `Chapter ${number}, cell ${count}`, link: `./${name}#${segment.id}` };
        this.#cells.set(`${number}#${segment.id}`, place);
        parts.push({ kind: 'cell', place, words: segment.code, shown: shown.get(segment.id) ?? '' });
        continue;
      }
      for (const { title, words } of sectionsOf(segment)) {
        if (title !== '') section = { text: `Chapter ${number}, ${title}`, link: `./${name}#${slugOf(title)}` };
        parts.push({ kind: 'prose', place: section, words, shown: '' });
      }
    }
    return parts;
  }
}

/** The prose of a segment, cut before each heading. A quote has none. */
function sectionsOf(segment: Segment): { title: string; words: string }[] {
  if (segment.kind !== 'prose') return [];
  return segment.text.split(/^(?=## )/m).map((text) => ({ title: /^## (.+)$/m.exec(text)?.[1] ?? '', words: text }));
}

/** The address of a heading, as the site makes it. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** The stored outputs of a chapter as text, by cell. */
function shownBy(name: string): Map<string, string> {
  const notebook = readSource(`notebooks/${name}.ipynb`);
  if (notebook === undefined) return new Map();
  const { cells } = JSON.parse(notebook) as { cells: { id: string; outputs?: StoredOutput[] }[] };
  return new Map(cells.map(({ id, outputs = [] }) => [id, outputs.map(textOf).join('')]));
}

interface StoredOutput {
  readonly text?: string | string[];
  readonly data?: { readonly 'text/plain'?: string | string[] };
}

function textOf({ text, data }: StoredOutput): string {
  return [text ?? data?.['text/plain'] ?? ''].flat().join('');
}
