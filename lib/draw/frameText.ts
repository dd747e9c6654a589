/**
 * An explained frame as text: the bytes at the left, their meaning at the right, and a caret under the byte at which they stop making sense.
 *
 * A line has eight bytes. Names are shortened to what is new in them: an entry of an array stands a step to the right of the array, and begins with its
 * place. The drawing (frameDrawing.ts) has the same lines.
 */
import type { ExplainedFrame, FrameRow } from './frame.ts';

const BYTES_IN_A_LINE = 8;
const HEX_WIDTH = BYTES_IN_A_LINE * 3 - 1;
/** A long value is shown by its first bytes. */
const MOST_LINES_OF_A_ROW = 2;

export interface FrameTextSettings {
  /** How many rows are shown; of the others it is told how many there are. Default: all. */
  readonly rows?: number;
}

/** Up to eight bytes of one field, and on its first line what they mean. */
export interface FrameLine {
  readonly from: number;
  readonly to: number;
  readonly isFirst: boolean;
  /** More bytes of this field follow, and are not shown. */
  readonly isCut: boolean;
  /** Changes from field to field. */
  readonly ground: boolean;
  readonly depth: number;
  readonly name: string;
  readonly value: string;
}

/** The lines, and what is to be said about rows that have none. */
export function frameLines(
  { rows, isCut }: ExplainedFrame,
  settings: FrameTextSettings = {},
): { readonly lines: readonly FrameLine[]; readonly more: string } {
  const shown = rows.slice(0, settings.rows ?? rows.length);
  const left = rows.length - shown.length;
  const more =
    left > 0 ? `… and ${left} ${left === 1 ? 'field' : 'fields'} more` : isCut ? '… and more, which is left out' : '';
  return { lines: shown.flatMap(linesOf), more };
}

function linesOf(row: FrameRow, index: number): FrameLine[] {
  const { from, to, path, value } = row;
  const lines: FrameLine[] = [];
  for (let at = from; at < to && lines.length < MOST_LINES_OF_A_ROW; at += BYTES_IN_A_LINE) {
    const isLast = lines.length === MOST_LINES_OF_A_ROW - 1;
    const isCut = isLast && to - at > BYTES_IN_A_LINE;
    const end = Math.min(to, at + BYTES_IN_A_LINE - (isCut ? 1 : 0));
    lines.push({ from: at, to: end, isFirst: at === from, isCut, ground: index % 2 === 1, ...shortPath(path), value });
  }
  return lines;
}

/** The bytes around the one that is to blame, its place among them, and the reason. */
export function badLine(
  bytes: Uint8Array,
  { rows, bad }: ExplainedFrame,
):
  | {
      readonly from: number;
      readonly to: number;
      readonly isCut: boolean;
      readonly column: number;
      readonly reason: string;
    }
  | undefined {
  if (bad === undefined) return undefined;
  const before = Math.max(0, bad.at - (rows.at(-1)?.to ?? 0));
  const isBehind = bad.at === bytes.length && before > 0 && before % BYTES_IN_A_LINE === 0;
  const column = isBehind ? BYTES_IN_A_LINE : before % BYTES_IN_A_LINE;
  const from = bad.at - column;
  const to = Math.min(bytes.length, from + BYTES_IN_A_LINE);
  return { from, to, isCut: false, column, reason: `${bad.path.slice(bad.path.lastIndexOf('.') + 1)}: ${bad.reason}` };
}

export function frameText(bytes: Uint8Array, explained: ExplainedFrame, settings: FrameTextSettings = {}): string {
  const { lines, more } = frameLines(explained, settings);
  const places = Math.max(3, String(bytes.length).length);
  const width = Math.max(0, ...lines.map(({ depth, name }) => depth * 2 + name.length));
  const text = [explained.title];
  for (const { from, to, isFirst, isCut, depth, name, value } of lines) {
    const digits = hexOf(bytes.subarray(from, to)) + (isCut ? ' …' : '');
    const meaning = isFirst ? `${`${'  '.repeat(depth)}${name}`.padEnd(width)}  ${value}` : '';
    text.push(`${place(from, places)}  ${digits.padEnd(HEX_WIDTH)}  ${meaning}`.trimEnd());
  }
  if (more !== '') return [...text, `${' '.repeat(places)}  ${more}`].join('\n');
  const bad = badLine(bytes, explained);
  if (bad !== undefined) {
    text.push(`${place(bad.from, places)}  ${hexOf(bytes.subarray(bad.from, bad.to))}`.trimEnd());
    text.push(`${' '.repeat(places + 2 + bad.column * 3)}^^ ${bad.reason}`);
  }
  return text.join('\n');
}

/** What is new in a path, `[1].errorCode` of `topics[0].partitions[1].errorCode`, and how many arrays it lies in. */
export function shortPath(path: string): { readonly depth: number; readonly name: string } {
  const start = path.lastIndexOf('[');
  return { depth: path.split('[').length - 1, name: start < 0 ? path : path.slice(start) };
}

/** Bytes as they are written on paper: `00 1f`. */
export function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function place(at: number, places: number): string {
  return String(at).padStart(places);
}
