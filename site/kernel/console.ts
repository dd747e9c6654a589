/**
 * The `console` of a cell: what Node's console prints, handed on as text instead of being written to a stream. `%s` and its
 * relatives are read as Node reads them.
 */

import { inspect } from './inspect.ts';

/** Takes finished text, its line break included. */
export type Write = (stream: 'stdout' | 'stderr', text: string) => void;

/** The methods that chapters and learners use. */
export interface CellConsole {
  log(...values: unknown[]): void;
  info(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
  dir(value: unknown): void;
  table(value: unknown): void;
  assert(condition: unknown, ...values: unknown[]): void;
  group(...values: unknown[]): void;
  groupEnd(): void;
}

/** A console that writes through `write`. */
export function createConsole(write: Write): CellConsole {
  let indentation = '';
  const print = (stream: 'stdout' | 'stderr', text: string) => {
    write(stream, `${indentation}${indentation === '' ? text : text.replaceAll('\n', `\n${indentation}`)}\n`);
  };
  const log = (...values: unknown[]) => print('stdout', format(values));
  const error = (...values: unknown[]) => print('stderr', format(values));
  return {
    log,
    info: log,
    debug: log,
    warn: error,
    error,
    dir: (value) => print('stdout', inspect(value)),
    table: (value) => log(table(value)),
    assert: (condition, ...values) => {
      if (!condition) error(...(values.length === 0 ? ['Assertion failed'] : [`Assertion failed: ${format(values)}`]));
    },
    group: (...values) => {
      if (values.length > 0) log(...values);
      indentation += '  ';
    },
    groupEnd: () => {
      indentation = indentation.slice(2);
    },
  };
}

/** Values as `console.log` joins them: strings as they are, everything else inspected. */
export function format(values: unknown[]): string {
  const [first, ...rest] = values;
  if (typeof first !== 'string' || values.length === 1) return values.map(asText).join(' ');
  let used = 0;
  const text = first.replace(/%([sdifjoOc%])/g, (directive, letter: string) => {
    if (letter === '%') return '%';
    if (used >= rest.length) return directive;
    const value = rest[used];
    used += 1;
    return substitute(letter, value);
  });
  return [text, ...rest.slice(used).map(asText)].join(' ');
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value);
}

function substitute(letter: string, value: unknown): string {
  switch (letter) {
    case 's':
      return typeof value === 'object' && value !== null
        ? inspect(value, 0)
        : typeof value === 'string'
          ? value
          : inspect(value);
    case 'd':
      if (typeof value === 'symbol') return 'NaN';
      return typeof value === 'bigint' ? `${value}n` : inspect(Number(value));
    case 'i':
      if (typeof value === 'symbol') return 'NaN';
      return typeof value === 'bigint' ? `${value}n` : inspect(Number.parseInt(String(value), 10));
    case 'f':
      return typeof value === 'symbol' ? 'NaN' : inspect(Number.parseFloat(String(value)));
    case 'j':
      return JSON.stringify(value) ?? 'undefined';
    case 'c':
      return '';
    default:
      return inspect(value, letter === 'o' ? 4 : 2);
  }
}

/** A table in box-drawing characters, as Node draws it; what is no table is inspected. */
function table(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const rows = Object.entries(value);
  const columns: string[] = [];
  let hasValues = false;
  for (const [, row] of rows) {
    if (typeof row !== 'object' || row === null) hasValues = true;
    else for (const key of Object.keys(row)) if (!columns.includes(key)) columns.push(key);
  }
  const header = ['(index)', ...columns, ...(hasValues ? ['Values'] : [])];
  const body = rows.map(([index, row]) => {
    const isObject = typeof row === 'object' && row !== null;
    const cells = columns.map((key) => (isObject && Object.hasOwn(row, key) ? inspect(Reflect.get(row, key), 0) : ''));
    return [index, ...cells, ...(hasValues ? [isObject ? '' : inspect(row, 0)] : [])];
  });
  return box(header, body);
}

function box(header: string[], body: string[][]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...body.map((row) => row[column].length)) + 2);
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((width) => '─'.repeat(width)).join(middle) + right;
  const line = (cells: string[]) => `│${cells.map((cell, column) => ` ${cell}`.padEnd(widths[column])).join('│')}│`;
  return [rule('┌', '┬', '┐'), line(header), rule('├', '┼', '┤'), ...body.map(line), rule('└', '┴', '┘')].join('\n');
}
