import { expect, test } from 'vitest';
import { canonical, Trace } from '../../lib/trace/trace.ts';

const still = { monotonicMs: () => 5 };

test('two traces with the same events have the same hash, and one event more makes another', () => {
  const [first, second] = [new Trace(still), new Trace(still)];
  first.record('broker-0', 'request.sent', { api: 'Fetch', version: 12 });
  second.record('broker-0', 'request.sent', { version: 12, api: 'Fetch' });
  expect(second.hash).toBe(first.hash);
  second.record('broker-0', 'request.sent');
  expect(second.hash).not.toBe(first.hash);
});

test('an event has one text, whatever the order of its fields', () => {
  const detail = { b: [1, null, 'ü'], a: { y: true, x: -1.5 } };
  expect(canonical({ at: 5, node: 'n', what: 'w', detail })).toBe('5 n w {"a":{"x":-1.5,"y":true},"b":[1,null,"ü"]}');
});

test('the hash is FNV-1a with 64 bits', () => {
  // Computed with big integers, by the definition.
  const text = canonical({ at: 5, node: 'a', what: 'b', detail: {} });
  let hash = 0xcbf29ce484222325n;
  for (const character of text)
    hash = ((hash ^ BigInt(character.charCodeAt(0))) * 0x100000001b3n) & 0xffffffffffffffffn;
  const trace = new Trace(still);
  trace.record('a', 'b');
  expect(trace.hash).toBe(hash.toString(16).padStart(16, '0'));
});

test('the memory is bounded; the count and the hash cover everything', () => {
  const [small, large] = [new Trace(still, { capacity: 8 }), new Trace(still)];
  for (let number = 0; number < 100; number++) {
    for (const trace of [small, large]) trace.record('n', 'w', { number });
  }
  expect(small.events.length).toBeLessThanOrEqual(8);
  expect(small.events.at(-1)?.detail).toEqual({ number: 99 });
  expect(small.count).toBe(100);
  expect(small.hash).toBe(large.hash);
});

test('a watcher sees each event until it is taken away', () => {
  const trace = new Trace(still);
  const seen: string[] = [];
  const stop = trace.watch(({ what }) => seen.push(what));
  trace.record('n', 'first');
  stop();
  trace.record('n', 'second');
  expect(seen).toEqual(['first']);
});
