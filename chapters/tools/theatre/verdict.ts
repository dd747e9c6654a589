/**
 * What a fault has done, found by laying two runs of one program beside each other: the calm one, and the one in which something was broken.
 *
 * Both begin the same, to the event. So whatever was done once in the calm run and never in the other is lost, and whatever was done more often than there
 * came twice.
 */

import { seconds } from '../../../lib/draw/theatre/scene.ts';
import type { TraceEvent } from '../../../lib/index.ts';
import { check } from '../../../lib/sim/checker/check.ts';

type Log = readonly TraceEvent[];

/** A shorter time without a reader is what every rebalance takes. */
const WORTH_TELLING_MS = 1_000;
const MOST_NAMED = 4;

/** Sentences about what came of the fault, for the programs of this cast. */
export function verdictOf(calm: Log, broken: Log, cast: readonly string[], atMs: number): string[] {
  const isOfCast = ({ node }: TraceEvent) => cast.includes(processOf(node));
  const [before, after] = [calm.filter(isOfCast), broken.filter(isOfCast)];
  // Where programs say what they do in the world, that counts; where they do not, it is what they were handed.
  const saysWhatItDoes = before.some(isWork);
  const told = saysWhatItDoes ? effects : handedOut;
  const findings = check(broken).map(({ text, at }) => `${seconds(broken[at].at)}: ${text}.`);
  return [
    ...compared(told(before), told(after), saysWhatItDoes ? 'done' : 'handed out'),
    ...gaps(after, atMs),
    ...findings.slice(0, MOST_NAMED),
  ];
}

/** What was done, and when and by whom. */
type Deed = readonly [name: string, times: readonly string[]];
type Deeds = ReadonlyMap<Deed[0], Deed[1]>;

/** Effects are named freely; by the custom of the course one that stands for the work on an event begins with one of these words. */
const WORK = /^(apply|work) /;

function isWork({ what, detail }: TraceEvent): boolean {
  return what === 'effect.done' && WORK.test(String(detail.name));
}

function effects(log: Log): Deeds {
  const done = log.filter(isWork);
  return gathered(
    'by',
    done.map((event) => [String(event.detail.name), event]),
  );
}

function handedOut(log: Log): Deeds {
  return gathered(
    'to',
    log
      .filter(({ what }) => what === 'consumer.records')
      .flatMap((event) => {
        const { topic, partition, from, to } = event.detail;
        const offsets = Array.from({ length: Number(to) - Number(from) + 1 }, (_, index) => Number(from) + index);
        return offsets.map((offset): [string, TraceEvent] => [`${topic}-${partition} ${offset}`, event]);
      }),
  );
}

function gathered(how: 'by' | 'to', deeds: readonly [string, TraceEvent][]): Deeds {
  const all = new Map<string, string[]>();
  for (const [name, { at, node }] of deeds) {
    all.set(name, [...(all.get(name) ?? []), `${seconds(at)} ${how} ${processOf(node)}`]);
  }
  return all;
}

function compared(before: Deeds, after: Deeds, done: string): string[] {
  const timesIn = (deeds: Deeds, name: string) => deeds.get(name) ?? [];
  const lost = [...before].filter(([name, times]) => timesIn(after, name).length < times.length);
  const repeated = [...after].filter(([name, times]) => times.length > Math.max(1, timesIn(before, name).length));
  if (lost.length + repeated.length === 0) return [`Nothing was lost, and nothing was ${done} twice.`];
  return [
    ...together(lost, (names, times) => `Lost: ${names}, ${done} without the fault at ${times[times.length - 1]}.`),
    ...together(repeated, (names, times) => `Again: ${names}, ${done} at ${times.slice(-2).join(', and at ')}.`),
  ].slice(0, MOST_NAMED);
}

/** What was done at the same times is one sentence. */
function together(deeds: readonly Deed[], sentence: (names: string, times: Deed[1]) => string): string[] {
  const sets = new Map<string, { readonly names: string[]; readonly times: Deed[1] }>();
  for (const [name, times] of deeds) {
    const found = sets.get(times.join());
    if (found === undefined) sets.set(times.join(), { names: [name], times });
    else found.names.push(name);
  }
  return [...sets.values()].map(({ names, times }) => sentence(names.join(', '), times));
}

/** From when to when a partition had nobody who read it, or two at once. */
function gaps(log: Log, atMs: number): string[] {
  const owners = new Map<string, Set<string>>();
  const since = new Map<string, { readonly at: number; readonly count: number }>();
  const frozen = new Set<string>();
  const lines: string[] = [];
  const count = (at: number) => {
    for (const [partition, all] of owners) {
      const now = [...all].filter((owner) => !frozen.has(owner)).length;
      const last = since.get(partition);
      if (last?.count === now) continue;
      since.set(partition, { at, count: now });
      if (last === undefined || last.count === 1 || at < atMs || at - last.at < WORTH_TELLING_MS) continue;
      const readers = last.count === 0 ? 'no reader' : `${last.count} readers`;
      lines.push(`${partition} had ${readers} from ${seconds(last.at)} to ${seconds(at)}.`);
    }
  };
  for (const { at, node, what, detail } of log) {
    const who = processOf(node);
    if (what === 'process.frozen') frozen.add(who);
    else if (what === 'process.thawed') frozen.delete(who);
    else if (what === 'process.crashed') for (const all of owners.values()) all.delete(who);
    else if (/^consumer\.(assigned|revoked|lost)$/.test(what)) {
      for (const { topic, partition } of detail.partitions as unknown as { topic: string; partition: number }[]) {
        const name = `${topic}-${partition}`;
        const all = owners.get(name) ?? new Set();
        owners.set(name, all);
        if (what === 'consumer.assigned') all.add(who);
        else all.delete(who);
      }
    } else continue;
    count(at);
  }
  const end = log[log.length - 1]?.at ?? 0;
  for (const [partition, { at, count: now }] of since) {
    if (now === 0) lines.push(`${partition} has had no reader since ${seconds(at)}, to the end at ${seconds(end)}.`);
  }
  return lines.slice(0, MOST_NAMED);
}

function processOf(node: string): string {
  return node.split('/')[0];
}
