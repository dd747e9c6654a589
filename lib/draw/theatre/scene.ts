/**
 * What a theatre shows: a play is a list of moments, and each moment has a scene, which is everything that can be seen then.
 *
 * All of it is plain data, so that a play can be sent from where a program runs to where it is looked at. A moment is a millisecond in which something worth
 * telling happened; between two moments nothing changes but the timers, and those follow from the time.
 */

/** No scene has more than this many things that move: nobody can follow more, and a slow machine cannot draw more. */
export const MOST_MOVING = 30;
export const MOST_PARTITIONS = 4;
export const MOST_MEMBERS = 4;
export const MOST_MESSAGES = 6;
export const MOST_MOMENTS = 120;
/** In one moment. */
export const MOST_SAYINGS = 20;
/** Of one partition. */
export const MOST_RECORDS = 500;

/** One partition: how long it is, how far the group is, and who reads it. The offsets all name the next record. */
export interface PartitionScene {
  /** `articles-0`. */
  readonly name: string;
  readonly logEnd: number;
  /** Left out for those who have not met it. */
  readonly highWatermark?: number;
  readonly committed?: number;
  readonly position?: number;
  /** The members that have it: one, none, or two when one of them has not heard the news. */
  readonly readers: readonly string[];
}

export type MemberState = 'absent' | 'running' | 'frozen' | 'killed' | 'ended';

/** A program that reads as a member of the group. Times are in ms of the world. */
export interface MemberScene {
  readonly name: string;
  readonly state: MemberState;
  readonly reads: readonly string[];
  /** The group's leader, by its own last answer. */
  readonly leads: boolean;
  /** The question that the coordinator has not answered yet. */
  readonly asks?: { readonly what: string; readonly since: number };
  /** When the coordinator last heard of it, for as long as it counts as a member. */
  readonly heard?: { readonly at: number; readonly sessionTimeoutMs: number };
  /** When it last sent a heartbeat. */
  readonly beatAt?: number;
  /** When it was last in `poll`, or that it is in there now. */
  readonly polled?: { readonly at: number; readonly maxPollIntervalMs: number; readonly isPolling: boolean };
  /** What the next answer is about that it will get: the one that can be dropped here. */
  readonly nextAnswer?: string;
}

export interface GroupScene {
  readonly name: string;
  readonly state: string;
  readonly generation: number;
  readonly members: number;
}

/** Something that goes between the broker and a member in this moment. */
export interface MessageScene {
  readonly member: string;
  readonly toBroker: boolean;
  readonly says: string;
  /** It does not arrive. */
  readonly isLost: boolean;
}

export interface Saying {
  readonly text: string;
  /** What the eye should find first: something breaks, or somebody is told so. */
  readonly decisive: boolean;
}

export interface Scene {
  /** In ms of the world. */
  readonly at: number;
  readonly says: readonly Saying[];
  readonly group?: GroupScene;
  readonly partitions: readonly PartitionScene[];
  readonly members: readonly MemberScene[];
  readonly messages: readonly MessageScene[];
  /** What programs have done in the world outside, the latest last. */
  readonly done: readonly string[];
}

/** What was done to a program, and at which moment. */
export interface FaultScene {
  readonly what: 'crash' | 'freeze' | 'drop';
  readonly who: string;
  readonly at: number;
}

export interface Play {
  readonly caption: string;
  /** What everything that is left to chance grew from. */
  readonly seed?: number;
  /** The texts of records by the names of partitions, from offset 0. */
  readonly records: { readonly [partition: string]: readonly string[] };
  readonly moments: readonly Scene[];
  /** The moment to begin with: a place in `moments`. */
  readonly decisive: number;
  readonly fault?: FaultScene;
  /** What came of it, in sentences. */
  readonly verdict: readonly string[];
}

/** The place of the last moment at or before a time; the first one before that. */
export function momentAt({ moments }: Pick<Play, 'moments'>, atMs: number): number {
  let place = 0;
  while (place + 1 < moments.length && moments[place + 1].at <= atMs) place++;
  return place;
}

/** What can be seen at a time: the last moment, with its timers run on. */
export function sceneAt(play: Play, atMs: number): Scene {
  const scene = play.moments[momentAt(play, atMs)];
  return scene.at >= atMs ? scene : { ...scene, at: atMs, says: [], messages: [] };
}

/** How long the coordinator will go on waiting for a sign of life, in ms; undefined: it does not wait. */
export function patienceMs({ heard, asks }: MemberScene, atMs: number): number | undefined {
  // Whoever waits for an answer of the coordinator is not silent.
  if (heard === undefined || asks?.what === 'JoinGroup' || asks?.what === 'SyncGroup') return undefined;
  return Math.max(0, heard.at + heard.sessionTimeoutMs - atMs);
}

/** `20.013 s`: the one form of a time in a play. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

/** A length of time, for people: `45 s`, `2.5 s`, `320 ms`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  return ms < 10_000 ? `${(Math.floor(ms / 100) / 10).toFixed(1)} s` : `${Math.floor(ms / 1000)} s`;
}
