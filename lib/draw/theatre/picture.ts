/**
 * A scene as a picture, in the one grammar of the course: a broker is a frame, a partition a row of cells with offsets under it, a member a tab with its timers,
 * a message a line between them.
 *
 * The picture is a list of parts, each with a key and a place, so that a page can let a part that has moved glide from its old place to its new one. Put together
 * it is an SVG like any other. There is a wide form, and a narrow one for phones.
 */
import { colours, faint, ink, label, line, paper, picture } from '../drawing.ts';
import {
  duration,
  type GroupScene,
  type MemberScene,
  type MessageScene,
  type PartitionScene,
  type Play,
  patienceMs,
  type Scene,
  seconds,
} from './scene.ts';
import { marksOf, sentenceOf } from './words.ts';

/** Something in the picture. What moves has the same key in every scene. */
export interface Part {
  readonly key: string;
  readonly x: number;
  readonly y: number;
  /** SVG, drawn around its own zero. */
  readonly markup: string;
  readonly moves: boolean;
  /** A message: from which height to which it goes. */
  readonly travels?: readonly [from: number, to: number];
}

export interface Figure {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly parts: readonly Part[];
}

const WIDTHS = { wide: 680, narrow: 350 };
const MARGIN = 10;
/** Cells are as wide as the longest partition of a play allows. */
const CELL_WIDTHS = { least: 38, most: 62 };
const CELL_HEIGHT = 26;
const ROW_HEIGHT = 84;
const LANE_HEIGHT = 78;
const TAB_HEIGHTS = { withTimers: 106, without: 48 };
/** A tab that is less wide has room for short words only. */
const NARROW_TAB = 110;
/** A character of the small print, in the units of the picture: a guess on the safe side. */
const CHARACTER = 6.4;

const markColours: { readonly [name: string]: string } = {
  committed: colours.blue,
  position: colours.vermillion,
  'high watermark': colours.green,
  'log end': colours.purple,
};

/** Draws one scene of a play. All scenes of a play have the same size. */
export function figureOf(play: Play, scene: Scene, form: 'wide' | 'narrow' = 'wide'): Figure {
  const width = WIDTHS[form];
  const names = [...new Set(play.moments.flatMap(({ partitions }) => partitions.map(({ name }) => name)))].sort();
  const columns = form === 'wide' && names.length > 1 ? 2 : 1;
  const columnWidth = (width - 2 * MARGIN) / columns;
  const frameTop = 10;
  const hasGroup = play.moments.some(({ group }) => group !== undefined);
  const rowsTop = frameTop + (form === 'narrow' && hasGroup ? 50 : 34);
  const frameBottom = rowsTop + Math.max(1, Math.ceil(names.length / columns)) * ROW_HEIGHT + 22;
  const tabsTop = frameBottom + LANE_HEIGHT;
  const tabWidth = (width - 4 + MARGIN) / scene.members.length - MARGIN;
  const hasTimers = play.moments.some(({ members }) => members.some(({ heard }) => heard !== undefined));
  const tabHeight = hasTimers ? TAB_HEIGHTS.withTimers : TAB_HEIGHTS.without;
  // Where there is one topic its name is above the partitions already.
  const topics = new Set(names.map((name) => name.slice(0, name.lastIndexOf('-'))));
  const named = (partition: string) => (topics.size > 1 ? partition : partition.slice(partition.lastIndexOf('-') + 1));
  const longest = Math.max(1, ...play.moments.flatMap(({ partitions }) => partitions.map(({ logEnd }) => logEnd)));
  const fitting = Math.floor((columnWidth - 48) / longest);
  const cellWidth = Math.max(CELL_WIDTHS.least, Math.min(CELL_WIDTHS.most, fitting));
  const parts: Part[] = [
    still('broker', 0, 0, frame(width, frameTop, frameBottom)),
    still('group', 0, 0, groupLine(scene.group, width, frameTop, form)),
    still('legend', MARGIN + 10, frameBottom - 10, legend(play, form === 'narrow')),
  ];
  for (const [index, name] of names.entries()) {
    const partition = scene.partitions.find((one) => one.name === name);
    if (partition === undefined) continue;
    const x = MARGIN + (index % columns) * columnWidth + 14;
    const y = rowsTop + Math.floor(index / columns) * ROW_HEIGHT;
    parts.push(...rowParts(partition, play.records[name] ?? [], { x, y, width: columnWidth - 28, cellWidth }));
  }
  for (const [index, member] of scene.members.entries()) {
    const x = 2 + index * (tabWidth + MARGIN);
    parts.push(...tabParts(member, scene.at, { x, y: tabsTop, width: tabWidth, height: tabHeight }, named));
    const messages = scene.messages.filter(({ member: name }) => name === member.name);
    for (const message of messages) {
      parts.push(messagePart(message, x + tabWidth / 2, [frameBottom, tabsTop], tabWidth, messages.length > 1));
    }
  }
  const title = `${seconds(scene.at)}: ${sentenceOf(scene)}`;
  return { width, height: tabsTop + tabHeight + 10, title, parts };
}

/** A figure as one drawing, with a heading above it and lines below: what a notebook shows. */
export function svgOf(figure: Figure, heading: string, below: readonly string[] = []): string {
  const headingLines = [heading, ...wrapped(figure.title, figure.width - 20)];
  const top = 8 + headingLines.length * 18;
  const lines = below.flatMap((text) => wrapped(text, figure.width - 20));
  const shapes = [
    ...headingLines.map((text, index) => label(MARGIN, 18 + index * 18, text, index === 0 ? { weight: 'bold' } : {})),
    ...figure.parts.map(({ x, y, markup }) => `<g transform="translate(${x} ${top + y})">${markup}</g>`),
    ...lines.map((text, index) => label(MARGIN, top + figure.height + 12 + index * 18, text)),
  ];
  return picture(figure.width, top + figure.height + lines.length * 18, `${heading}. ${figure.title}`, shapes);
}

function still(key: string, x: number, y: number, markup: string): Part {
  return { key, x, y, markup, moves: false };
}

function frame(width: number, top: number, bottom: number): string {
  const box = `<rect x="2" y="${top}" width="${width - 4}" height="${bottom - top}" rx="4" fill="none" stroke="${ink}"/>`;
  return box + label(14, top + 19, 'the broker', { size: 12, weight: 'bold' });
}

const STATE_SHAPES: { readonly [state: string]: string } = {
  Empty: '○',
  PreparingRebalance: '◔',
  CompletingRebalance: '◑',
  Stable: '●',
};

function groupLine(group: GroupScene | undefined, width: number, top: number, form: 'wide' | 'narrow'): string {
  if (group === undefined) return '';
  const { state, generation, members } = group;
  const says = `${STATE_SHAPES[state] ?? '○'} ${state}, generation ${generation}, ${members} ${members === 1 ? 'member' : 'members'}`;
  return form === 'wide'
    ? label(width - 14, top + 19, `coordinator of ${group.name}: ${says}`, { size: 12, anchor: 'end' })
    : label(14, top + 38, says, { size: 12 });
}

const LEGEND = [
  { shape: '◆', says: 'committed', width: 84 },
  { shape: '▲', says: 'position', width: 74 },
  { shape: '━', says: 'high watermark', width: 116 },
  { shape: '▌', says: 'log end', width: 60 },
] as const;

/** The marks that this play has. */
function legend({ moments }: Play, isNarrow: boolean): string {
  const used = new Set(moments.flatMap(({ partitions }) => partitions.flatMap(marksOf)).map(({ name }) => name));
  let x = 0;
  return LEGEND.filter(({ says }) => used.has(says))
    .map(({ shape, says, width }) => {
      const isCut = isNarrow && says === 'high watermark';
      const words = label(x + 15, 0, isCut ? 'high w.' : says, { size: 11 });
      const drawn = label(x, 0, shape, { size: 12, fill: markColours[says] }) + words;
      x += isCut ? 70 : width;
      return drawn;
    })
    .join('');
}

interface Row {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly cellWidth: number;
}

function rowParts(partition: PartitionScene, records: readonly string[], row: Row): Part[] {
  const { x, y, width, cellWidth } = row;
  const { name, logEnd, readers } = partition;
  const room = Math.floor((width - 20) / cellWidth);
  const first = firstShown(partition, room);
  const read = readers.length === 0 ? 'read by nobody' : `read by ${readers.join(' and ')}`;
  const cells = [label(0, 9, name, { size: 12, weight: 'bold' }), label(width, 9, read, { size: 12, anchor: 'end' })];
  for (let offset = first; offset < Math.min(logEnd, first + room); offset++) {
    cells.push(cell((offset - first) * cellWidth, cellWidth, offset, records[offset] ?? '', readers.length > 0));
  }
  if (first > 0) cells.push(label(-4, 43, '…', { anchor: 'end', size: 12, fill: faint }));
  const places = new Map<number, number>();
  const marks = marksOf(partition)
    .filter(({ offset }) => offset >= first && offset <= first + room)
    .map((mark) => markPart(name, mark, x + (mark.offset - first) * cellWidth, y, places));
  return [still(`row ${name}`, x, y, cells.join('')), ...marks];
}

/** The cells end with the end of the log, unless the group is further behind than that. */
function firstShown({ logEnd, position, committed }: PartitionScene, room: number): number {
  const behind = Math.min(logEnd, position ?? logEnd, committed ?? logEnd);
  return Math.max(0, Math.min(logEnd - room, behind - 1));
}

function cell(x: number, width: number, offset: number, text: string, isRead: boolean): string {
  const dashes = isRead ? '' : ' stroke-dasharray="4 3"';
  const box = `<rect x="${x}" y="26" width="${width}" height="${CELL_HEIGHT}" fill="none" stroke="${ink}"${dashes}/>`;
  return (
    box +
    label(x + width / 2, 43, cut(text, Math.floor((width - 4) / CHARACTER)), { anchor: 'middle', size: 11 }) +
    label(x + width / 2, 63, String(offset), { anchor: 'middle', size: 10, fill: faint })
  );
}

type Mark = ReturnType<typeof marksOf>[number];

/** At the left edge of the cell of its offset: above the cells what the log says, below them what the group says. */
function markPart(partition: string, mark: Mark, x: number, y: number, places: Map<number, number>): Part {
  const fill = markColours[mark.name];
  const common = { key: `${mark.name} ${partition}`, x, moves: true };
  if (mark.name === 'log end') {
    const bar = `<rect x="-2" y="-4" width="4" height="${CELL_HEIGHT + 8}" fill="${fill}"/>`;
    return { ...common, y: y + 26, markup: bar };
  }
  if (mark.name === 'high watermark') {
    return { ...common, y: y + 21, markup: `<rect x="-9" y="-2" width="18" height="4" fill="${fill}"/>` };
  }
  // Two marks at one offset stand beside each other.
  const beside = places.get(mark.offset) ?? 0;
  places.set(mark.offset, beside + 1);
  const shape = label(beside * 13, 0, mark.shape, { anchor: 'middle', size: 14, fill });
  return { ...common, y: y + 76, markup: shape };
}

const OUTLINES = {
  absent: 'stroke-dasharray="2 4"',
  running: '',
  frozen: 'stroke-dasharray="8 3" stroke-width="2"',
  killed: 'stroke-dasharray="4 4"',
  ended: 'stroke-dasharray="4 4"',
};

type Naming = (partition: string) => string;
type Place = Pick<Row, 'x' | 'y' | 'width'> & { readonly height: number };

function tabParts(member: MemberScene, atMs: number, { x, y, width, height }: Place, named: Naming): Part[] {
  const { name, state, leads } = member;
  const outline = `M0.5 ${height}V8q0 -7.5 7.5 -7.5h${width - 16}q7.5 0 7.5 7.5V${height}z`;
  const room = Math.floor((width - 16) / CHARACTER);
  const shapes = [
    `<path d="${outline}" fill="${state === 'killed' ? 'none' : paper}" stroke="${ink}" ${OUTLINES[state]}/>`,
    label(8, 19, cut(leads ? `${name} ★` : name, room - 1), { size: 13, weight: 'bold' }),
    label(8, 36, cut(activity(member, atMs, named, width), room), { size: 11 }),
  ];
  const left = patienceMs(member, atMs);
  const timers = timersOf(member, atMs, left, width);
  for (const [index, timer] of timers.entries()) shapes.push(label(8, 70 + index * 15, cut(timer, room), { size: 11 }));
  if (state === 'killed') {
    const cross = `M${width - 19} 9l9 9m0 -9l-9 9`;
    shapes.push(`<path d="${cross}" stroke="${colours.vermillion}" stroke-width="3"/>`);
  }
  const tab = still(`tab ${name}`, x, y, shapes.join(''));
  if (left === undefined || member.heard === undefined) return [tab];
  const bar = width - 16;
  const shape = [
    `<rect x="8" y="46" width="${bar}" height="6" rx="3" fill="none" stroke="${faint}"/>`,
    `<rect x="8" y="46" width="${Math.round((bar * left) / member.heard.sessionTimeoutMs)}" height="6" rx="3" fill="${ink}" fill-opacity="0.35"/>`,
  ].join('');
  const needle = x + 8 + Math.round((bar * left) / member.heard.sessionTimeoutMs);
  const markup = `<rect x="-1.5" y="-5" width="3" height="10" fill="${ink}"/>`;
  return [
    tab,
    still(`session ${name}`, x, y, shape),
    { key: `needle ${name}`, x: needle, y: y + 49, markup, moves: true },
  ];
}

function activity({ state, reads, asks }: MemberScene, atMs: number, named: Naming, width: number): string {
  const kind = width < NARROW_TAB ? 'reads' : reads.length > 1 ? 'partitions' : 'partition';
  const parts = `${kind} ${reads.map(named).join(', ')}`;
  if (state === 'absent') return 'not there yet';
  if (state === 'killed' || state === 'ended') return state;
  if (state === 'frozen') return reads.length === 0 ? 'frozen' : `frozen, has ${parts}`;
  if (asks !== undefined && atMs > asks.since) return `${asks.what}: waits ${duration(atMs - asks.since)}`;
  if (asks !== undefined) return `asks: ${asks.what}`;
  return reads.length === 0 ? 'reads nothing' : parts;
}

/** The timers in words: a bar alone says nothing without colour or scale. */
function timersOf(
  { heard, beatAt, polled }: MemberScene,
  atMs: number,
  leftMs: number | undefined,
  width: number,
): string[] {
  const isNarrow = width < NARROW_TAB;
  const session =
    leftMs === undefined || heard === undefined ? [] : [`${isNarrow ? '' : 'session: '}${duration(leftMs)} left`];
  const ago = isNarrow ? '' : ' ago';
  const beat = beatAt === undefined ? [] : [`${isNarrow ? 'beat' : 'heartbeat'}: ${duration(atMs - beatAt)}${ago}`];
  if (polled === undefined) return [...session, ...beat];
  const most = width < 200 ? '' : `, at most ${duration(polled.maxPollIntervalMs)}`;
  const poll = polled.isPolling ? 'in poll' : `poll: ${duration(atMs - polled.at)}${ago}${most}`;
  return [...session, ...beat, poll];
}

/** The words stand at the end from which the message comes, and its line begins behind them. */
function messagePart(
  { member, toBroker, says, isLost }: MessageScene,
  middle: number,
  [top, bottom]: readonly [number, number],
  width: number,
  isOneOfTwo: boolean,
): Part {
  const colour = isLost ? colours.vermillion : ink;
  const aside = isOneOfTwo ? (toBroker ? -9 : 9) : 0;
  const room = isOneOfTwo ? 27 : 4;
  const from = toBroker ? bottom - 24 : top + 24;
  const to = toBroker ? top + room : isLost ? (top + bottom) / 2 + 6 : bottom - room;
  const head = isLost
    ? `<path d="M-6 ${to - 6}l12 12m0 -12l-12 12" stroke="${colour}" stroke-width="3"/>`
    : `<path d="M0 ${to}l-4 ${toBroker ? 8 : -8}h8z" fill="${colour}"/>`;
  const way = line(0, from, 0, to, colour, `stroke-width="1.5"${isLost ? ' stroke-dasharray="4 3"' : ''}`);
  const text = cut(says, Math.floor((width + 4) / CHARACTER));
  const words = label(-aside, toBroker ? bottom - 10 : top + 17, text, { anchor: 'middle', size: 11 });
  const key = `${toBroker ? 'request' : 'answer'} ${member}`;
  return { key, x: middle + aside, y: 0, markup: way + head + words, moves: true, travels: [from, to] };
}

function cut(text: string, room: number): string {
  return text.length > room ? `${text.slice(0, Math.max(1, room - 1))}…` : text;
}

/** A text in lines that fit into so many units. */
function wrapped(text: string, width: number): string[] {
  const room = Math.floor(width / (CHARACTER + 0.5));
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + word.length < room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
