import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue, type Happening } from '../../lib/sim/queue.ts';

function happening(time: number, lot: number, sequence: number): Happening {
  return { time, lot, sequence, label: `${time}/${lot}/${sequence}`, run: () => {}, cancelled: false };
}

function drain(queue: EventQueue): string[] {
  const labels: string[] = [];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) labels.push(next.label);
  return labels;
}

test('what comes out is in order of time, then lot, then entry, and what was cancelled does not come out', () => {
  const entries = fc.array(fc.tuple(fc.nat(5), fc.nat(3), fc.boolean()), { maxLength: 300 });
  fc.assert(
    fc.property(entries, (wanted) => {
      const queue = new EventQueue();
      const all = wanted.map(([time, lot], sequence) => happening(time, lot, sequence));
      for (const one of all) queue.push(one);
      const kept = all.filter((_, index) => wanted[index][2]);
      for (const one of all) if (!kept.includes(one)) queue.cancel(one);
      expect(queue.size).toBe(kept.length);
      const sorted = [...kept].sort((a, b) => a.time - b.time || a.lot - b.lot || a.sequence - b.sequence);
      expect(queue.next(3).map(({ label }) => label)).toEqual(sorted.slice(0, 3).map(({ label }) => label));
      expect(drain(queue)).toEqual(sorted.map(({ label }) => label));
    }),
  );
});

test('cancelling twice counts once', () => {
  const queue = new EventQueue();
  const one = happening(1, 0, 0);
  queue.push(one);
  queue.push(happening(2, 0, 1));
  queue.cancel(one);
  queue.cancel(one);
  expect(queue.size).toBe(1);
  expect(drain(queue)).toEqual(['2/0/1']);
});
