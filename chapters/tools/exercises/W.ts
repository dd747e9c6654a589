/**
 * The wire of chapter W: what kafkajs and a broker say to each other, byte by byte; bytes written by hand, and what the broker does with them; and the
 * checks of the two exercises, a request put together by the reader and a function that cuts a stream into frames.
 *
 * Frames are explained by lib/draw/frame.ts, which no other chapter needs: it comes with this file, and not with the kernel of the page.
 */
import { type ExplainedFrame, explainFrame, type Question } from '../../../lib/draw/frame.ts';
import { frameDrawing } from '../../../lib/draw/frameDrawing.ts';
import { type FrameTextSettings, hexOf, shortPath } from '../../../lib/draw/frameText.ts';
import { type Drawing, type Kafka, type LaneStep, lanes, type SimulatedKafka, simulate } from '../../../lib/index.ts';
import { show, Verdict } from '../index.ts';

const BROKER = 'broker-0';
const PORT = 9092;
const STRANGER = 'stranger';

/** A world with the topics `account` and `rates`, of one partition each. */
export function world(): Promise<SimulatedKafka> {
  return simulate({ seed: 7, topics: { account: 1, rates: 1 } });
}

/** A frame on its way, with the four bytes of its size. */
export interface Frame {
  readonly at: number;
  readonly from: string;
  readonly bytes: Uint8Array;
  /** Of an answer: what was asked. */
  readonly answers: Question | undefined;
}

/** The frames that go between a program and the broker from now on, in their order. */
export function listen(kafka: SimulatedKafka, program = STRANGER): readonly Frame[] {
  const heard: Frame[] = [];
  const asked = new Map<string, Question>();
  const begun = new Map<string, Uint8Array>();
  kafka.cluster.network.taps.add(({ connection, from, to, moment, bytes }) => {
    if (moment !== 'sent' || ![from, to].includes(program)) return;
    const { frames, left } = cut(joined(begun.get(`${connection} ${from}`) ?? new Uint8Array(0), bytes));
    begun.set(`${connection} ${from}`, left);
    for (const frame of frames.filter(({ length }) => length >= 12)) {
      const number = int32At(frame, from === program ? 8 : 4);
      if (from === program)
        asked.set(`${connection} ${number}`, { apiKey: int16At(frame, 4), apiVersion: int16At(frame, 6) });
      const answers = from === program ? undefined : asked.get(`${connection} ${number}`);
      heard.push({ at: kafka.world.now(), from, bytes: frame, answers });
    }
  });
  return heard;
}

/** A conversation as messages between two lanes. */
export function conversation(caption: string, frames: readonly Frame[]): Drawing {
  const steps = frames.map((frame): LaneStep => {
    const { at, from, bytes, answers } = frame;
    const size = `${bytes.length} bytes`;
    const [, name, version] = /^(\w+) request, version (\d+)/.exec(explainFrame(bytes).title) ?? [];
    if (answers === undefined) return { at, from, to: BROKER, says: `${name} ${version}: ${size}` };
    return { at, from, to: STRANGER, says: size };
  });
  return lanes(steps, { caption, lanes: [STRANGER, BROKER] });
}

export interface ExplainSettings extends FrameTextSettings {
  /** Reads an answer as if this had been asked. */
  readonly as?: Question;
}

/** The bytes of a frame and what each of them means. Bytes that are given as text, `00 1f`, are read as a request. */
export function explain(frame: Frame | string, settings: ExplainSettings = {}): Drawing {
  const { bytes, answers } = typeof frame === 'string' ? { bytes: bytesOf(frame), answers: undefined } : frame;
  return frameDrawing(bytes, explainFrame(bytes, settings.as ?? answers), settings);
}

/** What came of it. */
export interface Heard {
  readonly answers: readonly Frame[];
  /** Why the broker has ended the connection; absent: it waits for more. */
  readonly ended: string | undefined;
}

/** Opens a connection to the broker, sends each piece 10 ms after the one before, and listens for a second. */
export async function speak(kafka: SimulatedKafka, ...pieces: readonly string[]): Promise<Heard> {
  const frames = listen(kafka, 'you');
  let isOver = false;
  let isEnded = false;
  const talking = kafka.world.spawn('you', async (own) => {
    const stream = await own.world.doors.network.connect({ host: BROKER, port: PORT });
    const reading = (async () => {
      while ((await stream.read()) !== null);
      isOver = true;
    })();
    for (const piece of pieces) {
      if (!isOver) await stream.write([bytesOf(piece)]);
      await own.world.sleep('10 ms');
    }
    await Promise.race([reading, own.world.sleep('1 s')]);
    isEnded = isOver;
    stream.abort('said all');
  });
  await talking.done;
  const closed = kafka.cluster.trace.events.filter(({ what }) => what === 'connection.closed').at(-1);
  const answers = frames.filter(({ from }) => from === BROKER);
  return { answers, ended: isEnded ? String(closed?.detail.why) : undefined };
}

/** A broker that says it knows Metadata from `min` to `max`: the version in which a program asks, or its error. */
export async function offering(min: number, max: number, program: (own: Kafka) => Promise<unknown>): Promise<string> {
  const kafka = await world();
  kafka.cluster.on('ApiVersions').answer(async (_, handle) => {
    const answer = await handle();
    const apiKeys = answer.apiKeys.map((entry) =>
      entry.apiKey === METADATA ? { apiKey: METADATA, minVersion: min, maxVersion: max } : entry,
    );
    return { ...answer, apiKeys };
  });
  const frames = listen(kafka);
  let failure = '';
  await kafka.world.spawn(STRANGER, async (own) => {
    await program(own).catch((error: Error) => {
      failure = error.message;
    });
  }).done;
  const asked = frames.find(({ from, bytes }) => from === STRANGER && int16At(bytes, 4) === METADATA);
  await kafka.close();
  return asked === undefined ? failure : String(int16At(asked.bytes, 6));
}

const METADATA = 3;

/** The bytes of `00 1f 0a`; blanks and line ends are as you like. */
export function bytesOf(hex: string): Uint8Array {
  const digits = hex.replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new TypeError(`bytes are pairs of the digits 0-9 and a-f: ${hex}`);
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** How many sizes may be read until an answer is stopped: a loop that takes nothing from the bytes would go on for ever. */
let readsLeft = Infinity;
const MOST_READS = 1_000;
const ENDLESS = 'the loop does not end';

/** Four bytes as a number with a sign, the highest byte first. */
export function int32At(bytes: Uint8Array, at: number): number {
  readsLeft--;
  if (readsLeft < 0) throw new Error(ENDLESS);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(at);
}

/** The frames in some bytes, with their sizes, and what is left behind the last whole one. */
function cut(bytes: Uint8Array): { frames: Uint8Array[]; left: Uint8Array } {
  const frames: Uint8Array[] = [];
  let left = bytes;
  while (left.length >= 4 && left.length >= 4 + int32At(left, 0)) {
    const end = Math.max(4, 4 + int32At(left, 0));
    frames.push(left.slice(0, end));
    left = left.slice(end);
  }
  return { frames, left };
}

function int16At(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt16(at);
}

/** The bytes of one, and then those of the other. */
export function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}

/** The warm-up: sends the bytes to a broker, and prints whether it has told of the topic `rates`. */
export async function checkBytes(hex: string): Promise<void> {
  show(explain(hex));
  console.log((await judgeBytes(hex)).text);
}

export async function judgeBytes(hex: string): Promise<Verdict> {
  const wanted = 'wanted: an answer that tells of the topic rates';
  const bytes = bytesOf(hex);
  const all = explainFrame(bytes);
  const kafka = await world();
  const { answers, ended } = await speak(kafka, hex);
  await kafka.close();
  const told = answers.map(({ bytes, answers }) => topicIn(explainFrame(bytes, answers))).find((name) => name !== '');
  if (told === 'rates' && answers.length === 1 && ended === undefined) {
    return new Verdict(true, [wanted, 'came: rates', 'The sizes say what is there.']);
  }
  return new Verdict(false, [wanted, `came: ${cameOf(told, ended)}`, ...placeOf(all), remarkOn(all, ended)]);
}

function placeOf({ bad }: ExplainedFrame): string[] {
  return bad === undefined ? [] : [`byte ${bad.at}, ${shortPath(bad.path).name}: ${bad.reason}`];
}

function cameOf(told: string | undefined, ended: string | undefined): string {
  if (told !== undefined) return `an answer that tells of ${told}`;
  return ended === undefined ? 'nothing; the broker waits' : 'nothing; the broker has ended the connection';
}

function topicIn({ rows, title }: ExplainedFrame): string {
  const name = rows.find(({ path }) => path === 'topics[0].name')?.value ?? '';
  return title.startsWith('Metadata') ? name.replaceAll('"', '') : '';
}

function remarkOn({ bad, rows, title }: ExplainedFrame, ended: string | undefined): string {
  if (bad?.reason.endsWith('missing'))
    return 'The frame announces more bytes than you have sent, and a broker waits for what was announced. What is counted by its first four bytes?';
  if (bad?.path === 'topics[0].name')
    return 'A string has its own length in front, two bytes of it. How long is rates?';
  if (rows.some(({ path }) => path === 'next' || path === 'rest'))
    return 'There are more bytes than the frame announces: the broker takes the last ones for the beginning of another frame.';
  if (bad !== undefined || ended !== undefined)
    return 'The broker cannot read it from the caret on, and it never guesses.';
  return `It was understood, as a ${title.toLowerCase().includes('metadata') ? 'question about another topic' : 'question about something else'}.`;
}

/** Takes the chunks of one connection as they come, and answers the frames that each completes, without their size. */
export type Frames = (chunk: Uint8Array) => readonly Uint8Array[];

/** What a broker says to a member of a group in six seconds: alive, committed, alive. 60 bytes. */
const STREAM = bytesOf(
  '00 00 00 0a 00 00 00 07 00 00 00 00 00 00  00 00 00 1c 00 00 00 08 00 00 00 00 00 00 00 01 00 04 62 61 6e 6b 00 00 00 01 00 00 00 00 00 00  00 00 00 0a 00 00 00 09 00 00 00 00 00 00',
);
const SIZES = [14, 32, 14];
const MOST_BYTES = 1_000_000;

interface Case {
  readonly name: string;
  readonly chunks: readonly Uint8Array[];
}

const cases: readonly Case[] = [
  { name: 'one frame in each chunk', chunks: cutAt(14, 46) },
  { name: 'all three in one chunk', chunks: [STREAM] },
  ...pairs((cut) => ({ name: `in two chunks, of ${cut} and ${60 - cut} bytes`, chunks: cutAt(cut) })),
  ...pairs((cut) =>
    pairs(
      (next) => ({ name: `in chunks of ${cut}, ${next - cut} and ${60 - next} bytes`, chunks: cutAt(cut, next) }),
      cut + 1,
    ),
  ).flat(),
  { name: 'byte by byte', chunks: cutAt(...pairs((cut) => cut)) },
];

function pairs<Value>(make: (cut: number) => Value, first = 1): Value[] {
  return Array.from({ length: Math.max(0, STREAM.length - first) }, (_, index) => make(first + index));
}

function cutAt(...cuts: readonly number[]): Uint8Array[] {
  return [...cuts, STREAM.length].map((end, index) => STREAM.slice(cuts[index - 1] ?? 0, end));
}

const wantedFrames = SIZES.map((size, index) => {
  const start = SIZES.slice(0, index).reduce((sum, each) => sum + each, 0);
  return hexOf(STREAM.subarray(start + 4, start + size));
});

/** The exercise: prints whether the frames come out whole, however they are cut, and whether a size that cannot be is refused. */
export function check(connection: () => Frames): void {
  console.log(judge(connection).text);
}

export function judge(connection: () => Frames): Verdict {
  const lines = [
    `wanted: three frames, of ${SIZES.map((size) => size - 4).join(', ')} bytes, from 60 bytes however cut`,
  ];
  const outcomes = cases.map((one) => ({ ...one, came: outcomeOf(connection, one.chunks) }));
  const wrong = outcomes.filter(({ came }) => came.text !== wantedFrames.join(' | '));
  lines.push(`right for ${cases.length - wrong.length} of ${cases.length} ways of cutting`);
  if (wrong.length > 0) {
    const [{ name, came }] = wrong;
    const says = remark(outcomes.map((one) => one.came)) ?? symptom(came);
    return new Verdict(false, [...lines, `${name}: ${came.says}`, says]);
  }
  const rest = twoAtOnce(connection) ?? negative(connection) ?? promised(connection);
  if (rest !== undefined) return new Verdict(false, [...lines, rest]);
  return new Verdict(true, [...lines, 'A size that cannot be is refused, before any memory is given for it.']);
}

interface Outcome {
  /** The frames, in hex. */
  readonly text: string;
  readonly says: string;
  readonly error?: string;
  readonly frames: readonly string[];
}

function outcomeOf(connection: () => Frames, chunks: readonly Uint8Array[]): Outcome {
  const came: string[] = [];
  readsLeft = MOST_READS;
  try {
    const frames = connection();
    for (const chunk of chunks) for (const frame of frames(chunk.slice())) came.push(hexOf(frame));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { text: `${came.join(' | ')} ${message}`, says: `an error: ${message}`, error: message, frames: came };
  } finally {
    readsLeft = Infinity;
  }
  const sizes = came.map((frame) => (frame === '' ? 0 : frame.split(' ').length));
  const says = sizes.length === 0 ? 'no frame came' : `frames of ${sizes.join(', ')} bytes came`;
  return { text: came.join(' | '), says, frames: came };
}

/** What people write, by what comes of it, and what is to be said to it. */
function remark(outcomes: readonly Outcome[]): string | undefined {
  const [each, joinedUp] = outcomes;
  const torn = outcomes[outcomes.findIndex((_, index) => cases[index].chunks[0].length === TORN_AT)];
  const [first, second] = wantedFrames;
  if (each.frames[0] === hexOf(STREAM.subarray(4, SIZES[0] - 4)))
    return 'The size is read as if it counted itself. It counts what stands behind it: a frame of 10 takes 14 bytes.';
  if (joinedUp.text === hexOf(STREAM.subarray(4)))
    return 'A chunk is taken for a frame. TCP promises the bytes and their order; where one write ended and the next began is not kept.';
  if (joinedUp.text === first && torn.frames[1] === second)
    return 'One frame is taken for each chunk. A chunk can complete several: go on until what is left is not a whole one.';
  if (joinedUp.text === first)
    return 'Of each chunk the first frame is taken. What stands behind it in the same chunk is lost, and what is still to come is not waited for.';
  if (joinedUp.text === wantedFrames.join(' | ') && torn.frames[0] === first && torn.frames[1] !== second)
    return 'Joined frames come apart, and half a frame is forgotten: what is left of a chunk belongs in front of the next one.';
  return undefined;
}

/** In the middle of the second frame. */
const TORN_AT = 20;

function symptom({ error, frames }: Outcome): string {
  if (error === ENDLESS)
    return 'A round of it takes nothing away. A size does not count its own four bytes, so that even a frame of 0 takes four.';
  if (error !== undefined && /offset|bounds|range/i.test(error))
    return 'The size was read before its four bytes were there. A chunk may end in the middle of a size, too.';
  if (error !== undefined) return 'Nothing is wrong with these bytes: they are only cut.';
  if (frames.some((frame) => wantedFrames.some((wanted) => frame.endsWith(wanted) && frame !== wanted)))
    return 'The four bytes of the size are still in front of a frame.';
  if (frames.join(' ') === wantedFrames.join(' ')) return 'The bytes are right and the borders are not.';
  if (frames.length > wantedFrames.length) return 'More frames come out than went in: some bytes were used twice.';
  return 'What is left of a chunk has to be kept, and to stand in front of the next one.';
}

/** Two connections at a time: what was kept of the one must not end up in the other. */
function twoAtOnce(connection: () => Frames): string | undefined {
  const both = [connection(), connection()];
  const came: string[][] = [[], []];
  readsLeft = MOST_READS;
  try {
    for (const chunk of cutAt(6, 20, 40)) {
      for (const [index, frames] of both.entries()) came[index].push(...frames(chunk.slice()).map(hexOf));
    }
  } catch {
    // Bytes that got mixed up may be refused: what came before tells enough.
  } finally {
    readsLeft = Infinity;
  }
  if (came.every((frames) => frames.join(' | ') === wantedFrames.join(' | '))) return undefined;
  return 'Two connections are open, and the bytes of one got into the frames of the other: what is remembered belongs inside the function that makes frames.';
}

function negative(connection: () => Frames): string | undefined {
  const { error, says } = outcomeOf(connection, [bytesOf('ff ff ff ff')]);
  if (error !== undefined) return undefined;
  return `A size of -1 came, and ${says}. No frame is shorter than nothing: throw an error, as everything behind such a size is guesswork.`;
}

/** Four bytes announce 2 GB. Whoever takes memory for it is stopped, so that nobody's machine suffers. */
function promised(connection: () => Frames): string | undefined {
  const asked = { bytes: 0 };
  const { error } = watchMemory(asked, () => outcomeOf(connection, [bytesOf('7f ff ff ff')]));
  if (asked.bytes > 0)
    return `Four bytes came, and you took memory for ${asked.bytes} more. A size is a promise by somebody you do not know: a thousand such connections would need two terabytes.`;
  if (error !== undefined) return undefined;
  return `A frame of 2147483647 bytes was announced, and you wait for it. Refuse what is larger than ${MOST_BYTES}: throw an error.`;
}

/** Runs something and notes how much memory for bytes it asks for at once, if that is more than any of these frames needs. */
function watchMemory<Result>(asked: { bytes: number }, run: () => Result): Result {
  const names = ['Uint8Array', 'ArrayBuffer'] as const;
  const kept = names.map((name) => globalThis[name]);
  const places = globalThis as unknown as Record<string, unknown>;
  const construct = (target: object, values: unknown[]) => {
    if (Number(values[0]) > MOST_BYTES) {
      asked.bytes = Number(values[0]);
      throw new RangeError('too much memory');
    }
    return Reflect.construct(target as new () => object, values) as object;
  };
  for (const [index, name] of names.entries()) places[name] = new Proxy(kept[index], { construct });
  try {
    return run();
  } finally {
    for (const [index, name] of names.entries()) places[name] = kept[index];
  }
}
