/**
 * Who reads what: a row for each partition, a column for each moment from which something is different.
 *
 * Columns are moments, not a scale, and a name stays where it is for as long as nothing changes. A partition that nobody reads is a dashed cell: that
 * is what a reader of the drawing should find first.
 */
import { colours, type Drawing, faint, ink, label, picture } from './drawing.ts';

export interface OwnershipMoment {
  /** In ms. */
  readonly at: number;
  /** What happened: `website 1 is killed`. */
  readonly says: string;
  /** Who reads each partition, in the order of the rows; undefined: nobody. */
  readonly owners: readonly (string | undefined)[];
  /** Who is there and reads nothing. */
  readonly idle: readonly string[];
}

export interface OwnershipSettings {
  readonly caption: string;
  /** What the rows are called: `partition 0`. */
  readonly rows: readonly string[];
}

const ROW_WIDTH = 100;
const COLUMN_WIDTH = 150;
const ROW_HEIGHT = 36;
const TOP = 84;
const NOBODY = 'nobody';
const NOTHING = 'reads nothing';

const fills = [colours.skyBlue, colours.orange, colours.green, colours.yellow, colours.purple];

/** Draws moments in the order of their times. */
export function ownership(moments: readonly OwnershipMoment[], { caption, rows }: OwnershipSettings): Drawing {
  const owners = [...new Set(moments.flatMap((moment) => moment.owners))].flatMap((owner) => owner ?? []).sort();
  const hasIdle = moments.some(({ idle }) => idle.length > 0);
  const shapes = [label(10, 20, caption, { weight: 'bold' })];
  for (const [row, name] of rows.entries()) shapes.push(label(10, TOP + row * ROW_HEIGHT + 23, name, { size: 12 }));
  if (hasIdle) shapes.push(label(10, TOP + rows.length * ROW_HEIGHT + 23, NOTHING, { size: 12, fill: faint }));
  for (const [column, { at, says, owners: now, idle }] of moments.entries()) {
    const x = ROW_WIDTH + column * COLUMN_WIDTH;
    shapes.push(label(x + 4, 52, seconds(at), { size: 11, fill: faint }), label(x + 4, 70, says, { size: 12 }));
    for (const [row, owner] of now.entries()) {
      shapes.push(...cell(x, TOP + row * ROW_HEIGHT, owner, fills[owners.indexOf(owner ?? '') % fills.length]));
    }
    const rest = TOP + rows.length * ROW_HEIGHT + 23;
    if (idle.length > 0) shapes.push(label(x + 6, rest, idle.join(', '), { size: 12, fill: faint }));
  }
  const width = ROW_WIDTH + moments.length * COLUMN_WIDTH + 10;
  const height = TOP + (rows.length + (hasIdle ? 1 : 0)) * ROW_HEIGHT + 10;
  return { svg: picture(width, height, caption, shapes), text: textOf(moments, caption, rows, hasIdle) };
}

function cell(x: number, y: number, owner: string | undefined, fill: string): string[] {
  const looks = owner === undefined ? 'fill="none" stroke-dasharray="4 4"' : `fill="${fill}" fill-opacity="0.45"`;
  const rectangle = `<rect x="${x}" y="${y}" width="${COLUMN_WIDTH}" height="${ROW_HEIGHT}" stroke="${ink}" ${looks}/>`;
  return [rectangle, label(x + COLUMN_WIDTH / 2, y + 23, owner ?? NOBODY, { anchor: 'middle', size: 13 })];
}

function textOf(
  moments: readonly OwnershipMoment[],
  caption: string,
  rows: readonly string[],
  hasIdle: boolean,
): string {
  const names = hasIdle ? [...rows, NOTHING] : rows;
  const width = Math.max(...names.map((name) => name.length));
  const told = moments.map(({ at, says, owners, idle }) => {
    const values = [...owners.map((owner) => owner ?? NOBODY), ...(hasIdle ? [idle.join(', ') || '-'] : [])];
    const lines = names.map((name, row) => `      ${name.padEnd(width)}  ${values[row]}`);
    return [`  ${seconds(at)}  ${says}`, ...lines].join('\n');
  });
  return [caption, ...told].join('\n');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}
