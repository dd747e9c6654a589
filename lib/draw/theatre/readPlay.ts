/**
 * Takes a play that comes from elsewhere, such as from a cell whose code came with a link: copies what has the shape of a play, and nothing else.
 *
 * The page draws what it gets from here by itself, with all text escaped. So the worst that a false play can do is to show a false picture.
 */
import {
  type FaultScene,
  type GroupScene,
  type MemberScene,
  type MessageScene,
  MOST_MEMBERS,
  MOST_MESSAGES,
  MOST_MOMENTS,
  MOST_PARTITIONS,
  MOST_RECORDS,
  MOST_SAYINGS,
  type PartitionScene,
  type Play,
  type Saying,
  type Scene,
} from './scene.ts';

const MOST_CHARACTERS = 300;
const MOST_LINES = 20;
const MOST_READ = 200;

/** Something is not as it should be; the message names the first such thing. */
export class NoPlay extends TypeError {
  override readonly name: string = 'NoPlay';
}

type Fields = { readonly [name: string]: unknown };
type Read<T> = (value: unknown, name: string) => T;

/** @throws NoPlay */
export function readPlay(value: unknown): Play {
  const play = fields(value, 'play');
  const moments = listOf(play.moments, 'moments', MOST_MOMENTS, readScene);
  if (moments.length === 0) throw new NoPlay('a play has a moment');
  for (const [place, { at, members }] of moments.entries()) {
    const before = moments[place - 1];
    if (before !== undefined && (at <= before.at || members.length !== before.members.length)) {
      throw new NoPlay('moments come one after the other, with the same members');
    }
  }
  const decisive = number(play.decisive, 'decisive');
  if (decisive >= moments.length) throw new NoPlay('decisive is one of the moments');
  return {
    caption: text(play.caption, 'caption'),
    seed: optional(play.seed, 'seed', wholeNumber),
    records: readRecords(play.records),
    moments,
    decisive,
    fault: optional(play.fault, 'fault', readFault),
    verdict: listOf(play.verdict, 'verdict', MOST_LINES, text),
  };
}

function readRecords(value: unknown): Play['records'] {
  const entries = Object.entries(fields(value, 'records')).slice(0, MOST_PARTITIONS);
  return Object.fromEntries(
    entries.map(([name, list]) => [text(name, 'records'), listOf(list, 'records', MOST_RECORDS, text)]),
  );
}

const readScene: Read<Scene> = (value, name) => {
  const scene = fields(value, name);
  return {
    at: number(scene.at, 'at'),
    says: listOf(scene.says, 'says', MOST_SAYINGS, readSaying),
    group: optional(scene.group, 'group', readGroup),
    partitions: listOf(scene.partitions, 'partitions', MOST_PARTITIONS, readPartition),
    members: listOf(scene.members, 'members', MOST_MEMBERS, readMember),
    messages: listOf(scene.messages, 'messages', MOST_MESSAGES, readMessage),
    done: listOf(scene.done, 'done', MOST_LINES, text),
  };
};

const readSaying: Read<Saying> = (value, name) => {
  const saying = fields(value, name);
  return { text: text(saying.text, name), decisive: saying.decisive === true };
};

const readGroup: Read<GroupScene> = (value, name) => {
  const group = fields(value, name);
  return {
    name: text(group.name, name),
    state: text(group.state, name),
    generation: wholeNumber(group.generation, name),
    members: number(group.members, name),
  };
};

const readPartition: Read<PartitionScene> = (value, name) => {
  const partition = fields(value, name);
  return {
    name: text(partition.name, name),
    logEnd: number(partition.logEnd, name),
    highWatermark: optional(partition.highWatermark, name, number),
    committed: optional(partition.committed, name, number),
    position: optional(partition.position, name, number),
    readers: listOf(partition.readers, name, MOST_MEMBERS, text),
  };
};

const readMember: Read<MemberScene> = (value, name) => {
  const member = fields(value, name);
  return {
    name: text(member.name, name),
    state: oneOf(member.state, name, ['absent', 'running', 'frozen', 'killed', 'ended'] as const),
    reads: listOf(member.reads, name, MOST_READ, text),
    leads: member.leads === true,
    asks: optional(member.asks, name, (asks) => {
      const { what, since } = fields(asks, name);
      return { what: text(what, name), since: number(since, name) };
    }),
    heard: optional(member.heard, name, (heard) => {
      const { at, sessionTimeoutMs } = fields(heard, name);
      return { at: number(at, name), sessionTimeoutMs: number(sessionTimeoutMs, name) };
    }),
    beatAt: optional(member.beatAt, name, number),
    polled: optional(member.polled, name, (polled) => {
      const { at, maxPollIntervalMs, isPolling } = fields(polled, name);
      const mostMs = number(maxPollIntervalMs, name);
      return { at: number(at, name), maxPollIntervalMs: mostMs, isPolling: isPolling === true };
    }),
    nextAnswer: optional(member.nextAnswer, name, text),
  };
};

const readMessage: Read<MessageScene> = (value, name) => {
  const message = fields(value, name);
  return {
    member: text(message.member, name),
    toBroker: message.toBroker === true,
    says: text(message.says, name),
    isLost: message.isLost === true,
  };
};

const readFault: Read<FaultScene> = (value, name) => {
  const fault = fields(value, name);
  return {
    what: oneOf(fault.what, name, ['crash', 'freeze', 'drop'] as const),
    who: text(fault.who, name),
    at: number(fault.at, name),
  };
};

function fields(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new NoPlay(`${name} is an object`);
  return value as Fields;
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new NoPlay(`${name}: a text is expected`);
  return value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS)}…` : value;
}

/** A time, an offset, a count. */
function number(value: unknown, name: string): number {
  const whole = wholeNumber(value, name);
  if (whole < 0) throw new NoPlay(`${name}: a number from 0 on is expected`);
  return whole;
}

function wholeNumber(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value)) throw new NoPlay(`${name}: a whole number is expected`);
  return value as number;
}

function oneOf<T extends string>(value: unknown, name: string, values: readonly T[]): T {
  const found = values.find((one) => one === value);
  if (found === undefined) throw new NoPlay(`${name}: one of ${values.join(', ')} is expected`);
  return found;
}

function optional<T>(value: unknown, name: string, read: Read<T>): T | undefined {
  return value === undefined || value === null ? undefined : read(value, name);
}

function listOf<T>(value: unknown, name: string, most: number, read: Read<T>): T[] {
  if (!Array.isArray(value) || value.length > most) throw new NoPlay(`${name} is a list of at most ${most}`);
  return value.map((one) => read(one, name));
}
