/**
 * Checks a trace against what a consumer group may rely on, and names each breach in plain words.
 *
 * The properties are in the files beside this one, each under the row that it has in the list of invariants: S for safety, which holds at all times and under
 * all faults, L for liveness, which holds once the faults are over. It is a pure function of the events, so it can be run over any trace, of any world, as
 * often as one likes; `wiretap` has to have listened, or the properties that look at the wire see nothing.
 *
 * Rows without a property of their own: S8 is no promise of the broker (a commit may set the group back); S21 is looked at as part of S7, which knows whose
 * commit was refused; L2 and L10 are cases of L1, and L13 is one of L8. L6 and L12 say something about one moment that a test has to bring about.
 */
import type { TraceEvent } from '../../trace/trace.ts';
import { answerProperties } from './answers.ts';
import { assignmentProperties } from './assignments.ts';
import { commitProperties } from './commits.ts';
import { generationProperties } from './generations.ts';
import { historyOf } from './history.ts';
import { livenessProperties } from './liveness.ts';
import { ownershipProperties } from './ownership.ts';
import { positionProperties } from './positions.ts';
import type { Given, Property, Violation } from './property.ts';
import { workProperties } from './work.ts';

export const properties: readonly Property[] = [
  ...commitProperties,
  ...generationProperties,
  ...assignmentProperties,
  ...ownershipProperties,
  ...answerProperties,
  ...positionProperties,
  ...workProperties,
  ...livenessProperties,
];

/** Every breach, in the order in which they happened. */
export function check(events: readonly TraceEvent[], given: Given = {}): Violation[] {
  const history = historyOf(events);
  const violations = properties.flatMap(({ row, promise, check }) =>
    [...check(history, given)].map((finding) => ({ row, promise, ...finding })),
  );
  return violations.sort((one, other) => one.at - other.at);
}

/** A violation for people: what was promised, what happened, and the events that led there. */
export function inWords({ row, promise, text, at, because = [] }: Violation, events: readonly TraceEvent[]): string {
  const places = [...new Set([...because, at])].filter((index) => index >= 0).sort((one, other) => one - other);
  const lines = places.map((index) => `  ${index === at ? '▶' : ' '} ${lineOf(events[index])}`);
  return [`${row}: ${promise}`, `  At ${events[at]?.at ?? 0} ms: ${text}.`, ...lines].join('\n');
}

/** One event on one line. */
export function lineOf({ at, node, what, detail }: TraceEvent): string {
  const fields = Object.entries(detail).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const line = `${String(at).padStart(7)} ms  ${node.padEnd(16)} ${what.padEnd(20)} ${fields.join(' ')}`;
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
