/**
 * Makes a play of a trace: goes through the events in order, keeps what can be seen at each, and cuts the time into moments.
 *
 * What goes over the wire is taken from the events `wire.request` and `wire.response` of the wiretap (lib/sim/checker), where there are any: they know what was
 * asked and answered. `theatre.poll` and `theatre.dropped` are written by the theatre of the course, since no trace tells of them.
 */
import type { TraceEvent } from '../../trace/trace.ts';
import {
  type FaultScene,
  type MemberScene,
  MOST_MEMBERS,
  MOST_MOMENTS,
  MOST_RECORDS,
  momentAt,
  type Play,
  type Scene,
} from './scene.ts';
import { type Mutable, processOf, Stage } from './stage.ts';

export interface StageSettings {
  readonly caption: string;
  /** The programs to show, by the names of their processes; the first four. */
  readonly cast: readonly string[];
  /** The play begins here, in ms; what was before shapes the first scene. Default 0. */
  readonly fromMs?: number;
  /** The moment to begin with, in ms; by default the last in which a partition was given to somebody. */
  readonly atMs?: number;
  /** `reading`: who reads what, and not what is said for it; for those who have not met the protocol. Default `protocol`. */
  readonly level?: 'reading' | 'protocol';
  readonly seed?: number;
  /** The texts of records by the names of partitions, from offset 0. */
  readonly records?: { readonly [partition: string]: readonly string[] };
  readonly fault?: FaultScene;
  readonly verdict?: readonly string[];
}

/** The play of a trace. Throws when nothing in it could be shown. */
export function stageOf(events: readonly TraceEvent[], settings: StageSettings): Play {
  const { caption, cast, fromMs = 0, atMs, level = 'protocol', seed, records = {}, fault, verdict = [] } = settings;
  const stage = new Stage(cast.slice(0, MOST_MEMBERS), level === 'protocol');
  const moments: { readonly scene: Scene; readonly isOfGroup: boolean }[] = [];
  for (const [index, event] of events.entries()) {
    stage.take(event);
    const isLast = events[index + 1]?.at !== event.at;
    if (!isLast || !stage.isWorthTelling) continue;
    if (event.at >= fromMs) moments.push({ scene: stage.scene(event.at), isOfGroup: stage.isOfGroup });
    stage.endMoment();
  }
  const told = moments.length > MOST_MOMENTS ? moments.filter(({ isOfGroup }) => isOfGroup) : moments;
  const scenes = told.slice(0, MOST_MOMENTS).map(({ scene }) => scene);
  if (scenes.length === 0) throw new Error(`${caption}: none of ${cast.join(', ')} did anything that could be shown`);
  withNextAnswers(scenes, events);
  const decisive = atMs === undefined ? lastHandover(scenes) : momentAt({ moments: scenes }, atMs);
  const shown = new Set(scenes.flatMap(({ partitions }) => partitions.map(({ name }) => name)));
  const texts = Object.entries(records).flatMap(([name, list]) =>
    shown.has(name) ? [[name, list.slice(0, MOST_RECORDS)] as const] : [],
  );
  return { caption, seed, records: Object.fromEntries(texts), moments: scenes, decisive, fault, verdict };
}

/** The place of the last moment in which a partition came to somebody. */
function lastHandover(scenes: readonly Scene[]): number {
  for (let place = scenes.length - 1; place > 0; place--) {
    const before = scenes[place - 1].members;
    const isNew = scenes[place].members.some(
      ({ reads }, index) => reads.length > 0 && reads.join() !== before[index].reads.join(),
    );
    if (isNew) return place;
  }
  return scenes.length - 1;
}

/** Answers that say nothing about a group, or come by the dozen. */
const UNREMARKABLE = ['ApiVersions', 'Metadata', 'FindCoordinator', 'Fetch', 'ListOffsets', 'Heartbeat'];

/** Whether an event is an answer to this program that is worth dropping. */
export function isAnswerTo(who: string, { what, detail }: TraceEvent): boolean {
  return what === 'response.sent' && processOf(detail.client) === who && !UNREMARKABLE.includes(String(detail.api));
}

function withNextAnswers(scenes: readonly Scene[], events: readonly TraceEvent[]): void {
  const next = new Map<string, string>();
  let at = events.length - 1;
  for (let place = scenes.length - 1; place >= 0; place--) {
    for (; at >= 0 && events[at].at > scenes[place].at; at--) {
      const who = processOf(events[at].detail.client);
      if (isAnswerTo(who, events[at])) next.set(who, String(events[at].detail.api));
    }
    for (const member of scenes[place].members as Mutable<MemberScene>[]) member.nextAnswer = next.get(member.name);
  }
}
