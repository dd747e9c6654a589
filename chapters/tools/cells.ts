/**
 * Reads a chapter. The source of a chapter is one Markdown file, and both media are made from what this file finds in it: prose,
 * cells (fences that begin with `ts` and a mark) and quotes of source code (lines that begin with `<<<`). Everything that would
 * look different in the notebook and on the page is an error here, with the line in the chapter at which it stands.
 */
import type { Token } from 'marked';
import { lexer } from 'marked';
import type { Region } from './regions.ts';
import { findRegion } from './regions.ts';

/** `everywhere`: Jupyter and the page. `jupyter`: needs sockets or a stock client. `recorded`: needs Apache Kafka. */
export type Mark = 'everywhere' | 'jupyter' | 'recorded';

export interface Prose {
  readonly kind: 'prose';
  readonly text: string;
  /** The line of the chapter at which it begins, counted from 1; so for every segment. */
  readonly line: number;
}

export interface Cell {
  readonly kind: 'cell';
  /** Given with `id=name`, otherwise `cell-N`, with N the place among the cells of the chapter, from 1. */
  readonly id: string;
  readonly mark: Mark;
  /** The reader bets before the output is shown. */
  readonly predict: boolean;
  /** The starter of an exercise: a plausible wrong answer, which its check refuses. */
  readonly exercise: boolean;
  /** The cell is a module that is saved under this name beside the notebook, such as `ledger.ts`. */
  readonly file: string | undefined;
  readonly code: string;
  /** The line of the chapter at which the fence stands; the first line of the code is the one after it. */
  readonly line: number;
}

export interface Quote extends Region {
  readonly kind: 'quote';
  /** The quoted file, from the root of the project, with forward slashes. */
  readonly path: string;
  readonly region: string;
  readonly line: number;
}

export type Segment = Prose | Cell | Quote;

export interface Chapter {
  /** The file as it was given, used in messages. */
  readonly file: string;
  readonly title: string;
  readonly segments: readonly Segment[];
}

/** Something in a chapter that would break one of the media. The message begins with `file:line`. */
export class ChapterError extends Error {
  override readonly name = 'ChapterError';

  constructor(file: string, line: number, problem: string) {
    super(`${file}:${line}: ${problem}`);
  }
}

/** Reads a file of the project by its path from the root; undefined when there is no such file. */
export type ReadSource = (path: string) => string | undefined;

/**
 * Splits a chapter into its segments, in order.
 * @param file the name used in messages
 * @throws ChapterError at the first thing that is wrong
 */
export function parseChapter(markdown: string, file: string, readSource: ReadSource): Chapter {
  return new ChapterReader(markdown.replaceAll('\r\n', '\n'), file, readSource).read();
}

/** The cells of a chapter, in order. */
export function cellsOf(chapter: Chapter): Cell[] {
  return chapter.segments.filter((segment): segment is Cell => segment.kind === 'cell');
}

const MARKS: readonly string[] = ['everywhere', 'jupyter', 'recorded'];
const CELL_ID = /^[a-z][a-z0-9-]{0,60}$/;
const FILE_NAME = /^[a-z][A-Za-z0-9-]*\.ts$/;
const QUOTE = /^<<< (\S+)#(\S+)$/;

class ChapterReader {
  readonly #markdown: string;
  readonly #file: string;
  readonly #readSource: ReadSource;
  readonly #segments: Segment[] = [];
  #prose = '';
  #proseLine = 1;
  #cells = 0;
  /** Where the containers begin that are open at the current token. */
  readonly #open: { what: string; line: number }[] = [];

  constructor(markdown: string, file: string, readSource: ReadSource) {
    this.#markdown = markdown;
    this.#file = file;
    this.#readSource = readSource;
  }

  read(): Chapter {
    const tokens = lexer(this.#markdown);
    const first = tokens[0];
    if (first?.type !== 'heading' || first.depth !== 1) this.#fail(1, 'a chapter begins with its title:  # Title');
    let line = 1;
    for (const token of tokens) {
      this.#take(token, line);
      line += token.raw.split('\n').length - 1;
    }
    this.#endProse();
    const open = this.#open.at(-1);
    if (open) this.#fail(open.line, `${open.what} is never closed`);
    return { file: this.#file, title: String(first.text), segments: this.#segments };
  }

  #take(token: Token, line: number): void {
    if (token.type === 'code' && isCell(token.lang)) {
      this.#endProse();
      this.#segments.push(this.#cell(token.lang ?? '', token.text, line));
      return;
    }
    if (token.type === 'paragraph' && /^<<</m.test(token.raw)) {
      this.#endProse();
      this.#segments.push(this.#quote(token.raw.trim(), line));
      return;
    }
    this.#forbidNestedCells(token, line);
    if (token.type === 'html') this.#followDetails(token.raw, line);
    else if (token.type !== 'code') this.#followContainers(token.raw, line);
    if (this.#prose === '') this.#proseLine = line;
    this.#prose += token.raw;
  }

  #endProse(): void {
    const text = this.#prose.trim();
    const leading = this.#prose.length - this.#prose.trimStart().length;
    const line = this.#proseLine + this.#prose.slice(0, leading).split('\n').length - 1;
    if (text !== '') this.#segments.push({ kind: 'prose', text, line });
    this.#prose = '';
  }

  #cell(info: string, code: string, line: number): Cell {
    const container = this.#open.at(-1);
    if (container) this.#fail(line, `a cell cannot stand inside ${container.what} (opened in line ${container.line})`);
    const [, mark, ...options] = info.split(/\s+/);
    if (mark === undefined || !MARKS.includes(mark)) {
      this.#fail(
        line,
        `say where the cell runs, \`\`\`ts ${MARKS.join(' | ')}; code that is only shown is \`\`\`typescript`,
      );
    }
    if (code.trim() === '') this.#fail(line, 'the cell is empty');
    this.#cells += 1;
    const cell = { kind: 'cell' as const, mark: mark as Mark, code, line, ...this.#options(options, line) };
    if (cell.file !== undefined && !code.startsWith(`// file: ${cell.file}\n`)) {
      this.#fail(line + 1, `the first line of this cell must be  // file: ${cell.file}`);
    }
    if (cell.file === undefined && code.startsWith('// file:')) {
      this.#fail(line, 'a cell that begins with  // file: name.ts  needs the option file=name.ts');
    }
    const same = this.#segments.find((segment) => segment.kind === 'cell' && segment.id === cell.id);
    if (same) this.#fail(line, `the cell of line ${same.line} has the id ${cell.id} already`);
    return cell;
  }

  #options(options: readonly string[], line: number): Pick<Cell, 'id' | 'predict' | 'exercise' | 'file'> {
    let id = `cell-${this.#cells}`;
    let file: string | undefined;
    for (const option of options) {
      const [name, value] = split(option);
      if (name === 'id' && CELL_ID.test(value)) id = value;
      else if (name === 'file' && FILE_NAME.test(value)) file = value;
      else if (option !== 'predict' && option !== 'exercise') {
        this.#fail(line, `"${option}" is no option of a cell: predict, exercise, id=lower-case, file=name.ts`);
      }
    }
    return { id, file, predict: options.includes('predict'), exercise: options.includes('exercise') };
  }

  #quote(text: string, line: number): Quote {
    const match = QUOTE.exec(text);
    if (!match) this.#fail(line, 'a quote is a paragraph of its own, such as  <<< lib/log/segment.ts#append');
    const [, path, region] = match;
    const source = this.#readSource(path);
    if (source === undefined) this.#fail(line, `there is no file ${path}`);
    try {
      return { kind: 'quote', path, region, line, ...findRegion(source, region) };
    } catch (error) {
      this.#fail(line, `${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** A list or a quotation with a cell in it would be a cell on the page only. */
  #forbidNestedCells(token: Token, line: number): void {
    const inner: Token[] = token.type === 'list' ? token.items : 'tokens' in token ? (token.tokens ?? []) : [];
    for (const child of inner) {
      const isNestedCell = child.type === 'code' && isCell(child.lang);
      if (isNestedCell) this.#fail(line, `a cell stands at the margin, not inside a ${token.type.replace('_', ' ')}`);
      this.#forbidNestedCells(child, line);
    }
  }

  #followDetails(html: string, line: number): void {
    for (const [tag] of html.matchAll(/<\/?details\b/gi)) {
      if (tag.startsWith('</')) this.#close('<details>', line);
      else this.#open.push({ what: '<details>', line });
    }
  }

  #followContainers(raw: string, firstLine: number): void {
    raw.split('\n').forEach((text, index) => {
      if (!text.startsWith(':::')) return;
      const line = firstLine + index;
      if (/^:::+\s*\S/.test(text)) this.#open.push({ what: '::: container', line });
      else this.#close('::: container', line);
    });
  }

  #close(what: string, line: number): void {
    const opened = this.#open.pop();
    if (opened?.what !== what) this.#fail(line, `this closes a ${what} that is not open`);
  }

  #fail(line: number, problem: string): never {
    throw new ChapterError(this.#file, line, problem);
  }
}

function isCell(info: string | undefined): boolean {
  return info !== undefined && /^ts(\s|$)/.test(info);
}

function split(option: string): [name: string, value: string] {
  const equals = option.indexOf('=');
  return equals < 0 ? [option, ''] : [option.slice(0, equals), option.slice(equals + 1)];
}
