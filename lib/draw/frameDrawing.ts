/**
 * An explained frame as a drawing: eight bytes in a row, as in a hex dump, and beside them what they mean. The bytes of a field have one ground, those of the
 * next another, and the byte at which a frame stops making sense is framed, with a mark under it.
 */
import { colours, type Drawing, escapeXml, faint, ink, label, line, picture } from './drawing.ts';
import type { ExplainedFrame } from './frame.ts';
import { badLine, type FrameLine, type FrameTextSettings, frameLines, frameText, hexOf } from './frameText.ts';

const BYTES_AT = 40;
const BYTE_WIDTH = 23;
const MEANING_AT = BYTES_AT + 8 * BYTE_WIDTH + 18;
const STEP = 14;
const ROW_HEIGHT = 21;
/** Of a letter of 13 pixels, on average; a bold one takes more. */
const LETTER_WIDTH = 7.2;
const BOLD_WIDTH = 8.6;
const MOST_LETTERS = 70;
const MOST_VALUE_LETTERS = 40;

export function frameDrawing(bytes: Uint8Array, explained: ExplainedFrame, settings: FrameTextSettings = {}): Drawing {
  const { lines, more } = frameLines(explained, settings);
  const valueAt =
    MEANING_AT + Math.max(90, ...lines.map(({ depth, name }) => depth * STEP + name.length * LETTER_WIDTH + 16));
  const shapes = [label(10, 20, explained.title, { weight: 'bold' })];
  let y = 48;
  let width = valueAt + 80;
  for (const each of lines) {
    shapes.push(...bytesOfLine(bytes, each, y));
    if (each.isFirst) {
      shapes.push(
        label(MEANING_AT + each.depth * STEP, y, each.name),
        label(valueAt, y, shortened(each.value), { weight: 'bold' }),
      );
      width = Math.max(width, valueAt + shortened(each.value).length * BOLD_WIDTH + 16);
    }
    y += ROW_HEIGHT;
  }
  if (more !== '') {
    shapes.push(label(MEANING_AT, y, more, { fill: faint }));
    y += ROW_HEIGHT;
  }
  const bad = more === '' ? badLine(bytes, explained) : undefined;
  if (bad !== undefined) {
    const x = BYTES_AT + bad.column * BYTE_WIDTH;
    shapes.push(...bytesOfLine(bytes, { ...bad, ground: false }, y));
    shapes.push(
      `<rect x="${x}" y="${y - 15}" width="${BYTE_WIDTH - 1}" height="19" fill="none" stroke="${colours.vermillion}" stroke-width="2"/>`,
      line(x + 11, y + 5, x + 11, y + 14, colours.vermillion, 'stroke-width="2"'),
    );
    y += 27;
    for (const words of wrapped(`✘ ${bad.reason}`)) {
      shapes.push(label(BYTES_AT, y, words, { weight: 'bold' }));
      width = Math.max(width, BYTES_AT + words.length * BOLD_WIDTH + 8);
      y += ROW_HEIGHT - 3;
    }
  }
  return { svg: picture(Math.ceil(width), y, explained.title, shapes), text: frameText(bytes, explained, settings) };
}

/** A sentence in lines that are no wider than the rest. */
function wrapped(sentence: string): string[] {
  const lines = [''];
  for (const word of sentence.split(' ')) {
    const last = lines[lines.length - 1];
    if (last.length + word.length >= MOST_LETTERS) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

/** The beginning of a value; all of it is in the text. */
function shortened(value: string): string {
  return value.length > MOST_VALUE_LETTERS ? `${value.slice(0, MOST_VALUE_LETTERS)}…` : value;
}

function bytesOfLine(
  bytes: Uint8Array,
  { from, to, ground, isCut }: Pick<FrameLine, 'from' | 'to' | 'ground' | 'isCut'>,
  y: number,
): string[] {
  const shapes = [label(BYTES_AT - 8, y, String(from), { anchor: 'end', size: 11, fill: faint })];
  const width = (to - from) * BYTE_WIDTH;
  if (ground)
    shapes.push(
      `<rect x="${BYTES_AT}" y="${y - 15}" width="${width}" height="19" fill="${colours.skyBlue}" fill-opacity="0.25"/>`,
    );
  for (let at = from; at < to; at++) {
    const digits = escapeXml(hexOf(bytes.subarray(at, at + 1)));
    const x = BYTES_AT + (at - from) * BYTE_WIDTH + 11;
    shapes.push(
      `<text x="${x}" y="${y}" text-anchor="middle" font-size="13" font-family="monospace" fill="${ink}">${digits}</text>`,
    );
  }
  if (isCut) shapes.push(label(BYTES_AT + width + 4, y, '…'));
  return shapes;
}
