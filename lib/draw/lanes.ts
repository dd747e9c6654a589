/**
 * A lane diagram: who did what, and when. Each participant has a lane, time runs downwards, a message is an arrow from lane to lane.
 *
 * Rows are steps, not a scale: a millisecond and a minute take the same room, and the time stands at the left of each row.
 */
import { colours, type Drawing, faint, ink, label, line, picture } from './drawing.ts';

export type LaneStep =
  /** Something goes from one lane to another. */
  | {
      readonly at: number;
      readonly from: string;
      readonly to: string;
      readonly says: string;
      readonly decisive?: boolean;
    }
  /** Something happens in one lane. */
  | { readonly at: number; readonly lane: string; readonly says: string; readonly decisive?: boolean };

export interface LanesSettings {
  readonly caption: string;
  /** The participants from left to right. */
  readonly lanes: readonly string[];
}

const LANE_WIDTH = 210;
const ROW_HEIGHT = 34;
const TIME_WIDTH = 90;
const LONG_PAUSE_MS = 5_000;

/** `at` is in ms; a decisive step is drawn in vermillion with a mark in front. */
export function lanes(steps: readonly LaneStep[], settings: LanesSettings): Drawing {
  const xOf = (lane: string) => TIME_WIDTH + LANE_WIDTH / 2 + settings.lanes.indexOf(lane) * LANE_WIDTH;
  const bottom = 66 + steps.length * ROW_HEIGHT;
  const width = TIME_WIDTH + settings.lanes.length * LANE_WIDTH + 10;
  const times = timesOf(steps);
  const shapes = [label(10, 20, settings.caption, { weight: 'bold' })];
  for (const lane of settings.lanes) {
    const x = xOf(lane);
    shapes.push(label(x, 46, lane, { anchor: 'middle', weight: 'bold' }), line(x, 54, x, bottom, faint));
  }
  for (const [index, step] of steps.entries()) {
    const y = 78 + index * ROW_HEIGHT;
    const colour = step.decisive ? colours.vermillion : ink;
    shapes.push(label(TIME_WIDTH - 14, y + 4, times[index], { anchor: 'end', size: 11, fill: faint }));
    const pause = pauseBefore(steps, index);
    if (pause) shapes.push(...gap(y - ROW_HEIGHT / 2, width, pause));
    shapes.push(
      ...('lane' in step
        ? moment(xOf(step.lane), y, step, colour)
        : arrow(xOf(step.from), xOf(step.to), y, step, colour)),
    );
  }
  return { svg: picture(width, bottom + 10, settings.caption, shapes), text: textOf(steps, settings) };
}

function moment(x: number, y: number, step: LaneStep, colour: string): string[] {
  const shape = step.decisive
    ? `<path d="M${x - 7} ${y - 7}L${x + 7} ${y + 7}M${x + 7} ${y - 7}L${x - 7} ${y + 7}" stroke="${colour}" stroke-width="3"/>`
    : `<circle cx="${x}" cy="${y}" r="5" fill="${colour}"/>`;
  return [shape, label(x + 14, y + 4, step.says, { size: 12 })];
}

/** Time that passes without a step: a broken line from side to side. */
function gap(y: number, width: number, says: string): string[] {
  const words = label(TIME_WIDTH - 14, y + 4, says, { anchor: 'end', size: 11, fill: faint });
  return [line(TIME_WIDTH, y, width - 10, y, faint, 'stroke-dasharray="3 5"'), words];
}

function arrow(from: number, to: number, y: number, step: LaneStep, colour: string): string[] {
  const direction = to > from ? 1 : -1;
  const tip = to - direction * 2;
  return [
    line(from, y, tip, y, colour, `stroke-width="${step.decisive ? 2.5 : 1.5}"`),
    `<path d="M${tip} ${y}l${-direction * 8} -4v8z" fill="${colour}"/>`,
    label((from + to) / 2, y - 5, step.says, { anchor: 'middle', size: 12 }),
  ];
}

function textOf(steps: readonly LaneStep[], { caption }: LanesSettings): string {
  const times = timesOf(steps);
  const width = Math.max(...times.map((time) => time.length));
  const rows = steps.map((step, index) => {
    const who = 'lane' in step ? step.lane : `${step.from} → ${step.to}`;
    const pause = pauseBefore(steps, index);
    return `${pause && `  ${'⋮'.padStart(width)}  ${pause}\n`}${step.decisive ? '▶' : ' '} ${times[index].padStart(width)}  ${who}: ${step.says}`;
  });
  return [caption, ...rows].join('\n');
}

/** One unit in one drawing. */
function timesOf(steps: readonly LaneStep[]): string[] {
  const inSeconds = steps.some(({ at }) => at >= 10_000);
  return steps.map(({ at }) => (inSeconds ? `${(at / 1000).toFixed(3)} s` : `${at} ms`));
}

/** How long nothing happens before a step, when that is long enough to say so. */
function pauseBefore(steps: readonly LaneStep[], index: number): string {
  const pauseMs = index === 0 ? 0 : steps[index].at - steps[index - 1].at;
  return pauseMs < LONG_PAUSE_MS ? '' : `${Math.round(pauseMs / 1000)} s pass`;
}
