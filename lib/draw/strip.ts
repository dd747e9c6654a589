/**
 * The strip: one cell for each instant at which a program was crashed, holding what came out.
 *
 * A cell shows its outcome in figures; its colour only repeats it. The text twin counts equal neighbours: `130 ×4 · 90 · 130 ×6`.
 */
import { colours, type Drawing, escapeXml, faint, ink, label, picture } from './drawing.ts';

export interface StripCell {
  /** What came out: `90`. */
  readonly outcome: string;
  /** Where the crash was: `after commitSync`. */
  readonly where: string;
}

export interface StripSettings {
  readonly caption: string;
  /** The outcome that is right. */
  readonly right: string;
  /** What happened once for each cell, with `where` after it. Default `crash`. */
  readonly each?: string;
  /** What an outcome means, in a few words: `second deposit lost`. */
  readonly meaning?: (outcome: string) => string;
}

const wrongColours = [colours.orange, colours.skyBlue, colours.yellow, colours.purple, colours.vermillion];
const CELLS_IN_A_ROW = 16;
const CELL_WIDTH = 40;
const CELL_HEIGHT = 30;
const WIDTH = CELLS_IN_A_ROW * CELL_WIDTH + 20;

export function strip(cells: readonly StripCell[], settings: StripSettings): Drawing {
  const outcomes = [
    settings.right,
    ...new Set(cells.map((cell) => cell.outcome).filter((outcome) => outcome !== settings.right)),
  ];
  const colourOf = (outcome: string) =>
    outcome === settings.right ? colours.green : wrongColours[(outcomes.indexOf(outcome) - 1) % wrongColours.length];
  const counted = outcomes.map((outcome) => {
    const where = cells.flatMap((cell, index) => (cell.outcome === outcome ? [index + 1] : []));
    return { outcome, where, meaning: settings.meaning?.(outcome) ?? '' };
  });
  const legend = counted.filter(({ where }) => where.length > 0);
  return { svg: svgOf(cells, settings, colourOf, legend), text: textOf(cells, settings, legend) };
}

interface LegendLine {
  readonly outcome: string;
  readonly where: readonly number[];
  readonly meaning: string;
}

function svgOf(
  cells: readonly StripCell[],
  { caption, right, each = 'crash' }: StripSettings,
  colourOf: (outcome: string) => string,
  legend: readonly LegendLine[],
): string {
  const shapes = [label(10, 20, caption, { weight: 'bold' })];
  for (const [index, cell] of cells.entries()) {
    const x = 10 + (index % CELLS_IN_A_ROW) * CELL_WIDTH;
    const y = 34 + Math.floor(index / CELLS_IN_A_ROW) * (CELL_HEIGHT + 18);
    const wrong = cell.outcome !== right;
    shapes.push(
      `<g><title>${escapeXml(`${index + 1}: ${each} ${cell.where}: ${cell.outcome}`)}</title>`,
      `<rect x="${x + 1}" y="${y}" width="${CELL_WIDTH - 2}" height="${CELL_HEIGHT}" rx="3" fill="${colourOf(cell.outcome)}" fill-opacity="${wrong ? 1 : 0.25}" stroke="${ink}" stroke-width="${wrong ? 1.5 : 0.5}"/>`,
      label(x + CELL_WIDTH / 2, y + 20, cell.outcome, {
        anchor: 'middle',
        fill: wrong ? '#000' : ink,
        weight: wrong ? 'bold' : 'normal',
      }),
      label(x + CELL_WIDTH / 2, y + CELL_HEIGHT + 12, String(index + 1), { anchor: 'middle', size: 10, fill: faint }),
      '</g>',
    );
  }
  let y = 34 + Math.ceil(cells.length / CELLS_IN_A_ROW) * (CELL_HEIGHT + 18) + 16;
  for (const { outcome, where, meaning } of legend) {
    shapes.push(
      `<rect x="11" y="${y - 11}" width="14" height="14" rx="3" fill="${colourOf(outcome)}" fill-opacity="${outcome === right ? 0.25 : 1}" stroke="${ink}" stroke-width="0.5"/>`,
      label(34, y, `${outcome}: ${times(where.length)}${meaning && `, ${meaning}`}`),
    );
    y += 20;
  }
  return picture(WIDTH, y, caption, shapes);
}

function textOf(
  cells: readonly StripCell[],
  { caption, right, each = 'crash' }: StripSettings,
  legend: readonly LegendLine[],
): string {
  const runs: { outcome: string; count: number }[] = [];
  for (const { outcome } of cells) {
    const last = runs[runs.length - 1];
    if (last?.outcome === outcome) last.count++;
    else runs.push({ outcome, count: 1 });
  }
  const row = runs.map(({ outcome, count }) => (count === 1 ? outcome : `${outcome} ×${count}`)).join(' · ');
  const notes = legend.map(({ outcome, where, meaning }) => {
    const at = outcome === right ? '' : `: ${each} ${listed(where.map((number) => cells[number - 1].where))}`;
    return `  ${outcome}: ${times(where.length)}${meaning && `, ${meaning}`}${at}`;
  });
  return [caption, `  ${row}`, ...notes].join('\n');
}

function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`;
}

function listed(texts: readonly string[]): string {
  return [...new Set(texts)].join('; ');
}
