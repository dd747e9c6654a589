/** What there is to say about a run that broke a promise: the verdict, what happened around it, and how to see it again. */
import type { TraceEvent } from '../../../lib/index.ts';
import { inWords, lineOf } from '../../../lib/sim/checker/check.ts';
import type { Violation } from '../../../lib/sim/checker/property.ts';
import type { Report } from './play.ts';
import type { Script } from './script.ts';

/** How many events before and after the place are shown. */
const AROUND = 12;

export function verdict({ violations, events }: Report): string {
  const [first] = violations;
  const rest = violations.length > 1 ? `\n  and ${violations.length - 1} more: ${counted(violations)}` : '';
  return `${inWords(first, events)}${rest}\n\nThe trace around it:\n${around(events, first.at)}`;
}

export function replayable(script: Script): string {
  return `The shortest script found that does it (${script.actions.length} actions); save it and play it with: npm run sim -- --replay <file>\n${JSON.stringify(script)}`;
}

function around(events: readonly TraceEvent[], at: number): string {
  const from = Math.max(0, at - AROUND);
  return events
    .slice(from, at + AROUND + 1)
    .map((event, index) => `${from + index === at ? ' ▶ ' : '   '}${lineOf(event)}`)
    .join('\n');
}

function counted(violations: readonly Violation[]): string {
  const counts = new Map<string, number>();
  for (const { row } of violations) counts.set(row, (counts.get(row) ?? 0) + 1);
  return [...counts].map(([row, count]) => `${count} × ${row}`).join(', ');
}
