/**
 * A partition: a row of records with their offsets under it, and four marks. Each mark has one shape and one colour in the whole course.
 *
 * Committed offset, position, high watermark and log end all name the *next* record, so a mark stands at the left edge of the cell of its offset.
 */
import { colours, type Drawing, ink, label, line, picture } from './drawing.ts';

export interface PartitionMarks {
  /** The next offset that the group has stored as its own. */
  readonly committed?: number;
  /** The next offset that a consumer will read. */
  readonly position?: number;
  /** The first offset that is not yet safe to read. */
  readonly highWatermark?: number;
  /** The next offset that will be written. */
  readonly logEnd?: number;
}

export interface PartitionSettings extends PartitionMarks {
  readonly caption: string;
  /** Offset of the first record drawn. Default 0. */
  readonly firstOffset?: number;
}

const marks = [
  { name: 'committed', shape: '◆', said: 'committed', colour: colours.blue },
  { name: 'position', shape: '▲', said: 'position', colour: colours.vermillion },
  { name: 'highWatermark', shape: '━', said: 'high watermark', colour: colours.green },
  { name: 'logEnd', shape: '▌', said: 'log end', colour: colours.purple },
] as const;

const CELL_WIDTH = 64;
const CELL_HEIGHT = 38;

/** Draws records, each given by the few characters that stand in its cell. */
export function partition(records: readonly string[], settings: PartitionSettings): Drawing {
  const first = settings.firstOffset ?? 0;
  const present = marks.flatMap((mark) => {
    const offset = settings[mark.name];
    return offset === undefined ? [] : [{ ...mark, offset }];
  });
  const shapes = [label(10, 20, settings.caption, { weight: 'bold' })];
  const xOf = (offset: number) => 30 + (offset - first) * CELL_WIDTH;
  for (const [index, record] of records.entries()) {
    const x = xOf(first + index);
    shapes.push(
      `<rect x="${x}" y="34" width="${CELL_WIDTH}" height="${CELL_HEIGHT}" fill="none" stroke="${ink}"/>`,
      label(x + CELL_WIDTH / 2, 58, record, { anchor: 'middle', size: 14 }),
      label(x + CELL_WIDTH / 2, 88, String(first + index), { anchor: 'middle', size: 11 }),
    );
  }
  for (const [index, mark] of present.entries()) {
    const x = xOf(mark.offset);
    const y = 110 + index * 20;
    shapes.push(
      line(x, 30, x, y - 6, mark.colour, 'stroke-width="2"'),
      label(x, y + 4, mark.shape, { anchor: 'middle', fill: mark.colour, size: 15 }),
      label(x + 14, y + 3, `${mark.said} ${mark.offset}`, { size: 12 }),
    );
  }
  const width = Math.max(xOf(first + records.length), ...present.map((mark) => xOf(mark.offset))) + 140;
  const said = present.map((mark) => `${mark.shape} ${mark.said} ${mark.offset}`).join('   ');
  const row = records.map((record, index) => `${first + index}: ${record}`).join(' | ');
  return {
    svg: picture(width, 110 + present.length * 20, `${settings.caption}. ${said}`, shapes),
    text: `${settings.caption}\n  | ${row} |${said && `\n  ${said}`}`,
  };
}
