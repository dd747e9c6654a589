/**
 * An explained frame as text: the bytes at the left, their meaning at the right, and a caret under the byte at which they stop making sense.
 *
 * A line has eight bytes, so it fits a notebook and a phone on its side. Names are shortened to what is new in them: an entry of an array stands a step to the
 * right of the array, and begins with its place.
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

export function frameText(
  bytes: Uint8Array,
  { title, rows, bad, isCut }: ExplainedFrame,
  settings: FrameTextSettings = {},
): string {
  const shown = rows.slice(0, settings.rows ?? rows.length);
  const places = Math.max(3, String(bytes.length).length);
  const width = Math.max(0, ...shown.map((row) => labelOf(row).length));
  const lines = shown.flatMap((row) => rowLines(bytes, row, places, width));
  const left = rows.length - shown.length;
  if (left > 0) return [title, ...lines, `${' '.repeat(places)}  … and ${left} rows more`].join('\n');
  if (isCut) lines.push(`${' '.repeat(places)}  … and more, which is left out`);
  if (bad !== undefined)
    lines.push(
      ...caretLines(
        bytes,
        rows.at(-1)?.to ?? 0,
        bad.at,
        places,
        `${bad.path.slice(bad.path.lastIndexOf('.') + 1)}: ${bad.reason}`,
      ),
    );
  return [title, ...lines].join('\n');
}

function rowLines(bytes: Uint8Array, row: FrameRow, places: number, width: number): string[] {
  const meaning = `${labelOf(row).padEnd(width)}  ${row.value}`.trimEnd();
  if (row.to === row.from) return [`${place(row.from, places)}  ${''.padEnd(HEX_WIDTH)}  ${meaning}`];
  const starts: number[] = [];
  for (let at = row.from; at < row.to && starts.length < MOST_LINES_OF_A_ROW; at += BYTES_IN_A_LINE) starts.push(at);
  const isLonger = row.to - row.from > MOST_LINES_OF_A_ROW * BYTES_IN_A_LINE;
  return starts.map((at, index) => {
    const last = isLonger && index === starts.length - 1;
    const part = bytes.subarray(at, Math.min(row.to, at + BYTES_IN_A_LINE - (last ? 1 : 0)));
    const digits = last ? `${hexOf(part)} …` : hexOf(part);
    return `${place(at, places)}  ${digits.padEnd(HEX_WIDTH)}  ${index === 0 ? meaning : ''}`.trimEnd();
  });
}

/** The line of bytes with the bad one, counted from the end of the last row, and the caret under it. */
function caretLines(bytes: Uint8Array, from: number, at: number, places: number, reason: string): string[] {
  const before = Math.max(0, at - from);
  const isBehind = at === bytes.length && before > 0 && before % BYTES_IN_A_LINE === 0;
  const column = isBehind ? BYTES_IN_A_LINE : before % BYTES_IN_A_LINE;
  const start = at - column;
  const hex = hexOf(bytes.subarray(start, start + BYTES_IN_A_LINE));
  const margin = ' '.repeat(places + 2 + column * 3);
  return [`${place(start, places)}  ${hex}`.trimEnd(), `${margin}^^ ${reason}`];
}

function labelOf({ path }: FrameRow): string {
  const { depth, name } = shortPath(path);
  return `${'  '.repeat(depth)}${name}`;
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
