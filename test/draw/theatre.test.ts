/** The pure part of the theatre: from a trace to scenes, from a scene to a picture and to words, and what is taken for a play. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { figureOf, svgOf } from '../../lib/draw/theatre/picture.ts';
import { NoPlay, readPlay } from '../../lib/draw/theatre/readPlay.ts';
import { MOST_MOMENTS, MOST_MOVING, momentAt, type Play, sceneAt } from '../../lib/draw/theatre/scene.ts';
import { stageOf } from '../../lib/draw/theatre/stageOf.ts';
import { playWords, sceneWords } from '../../lib/draw/theatre/words.ts';
import type { TraceEvent } from '../../lib/trace/trace.ts';

const client = 'reader/consumer-1';
const accounts = { topic: 'account', partition: 0 };

function event(at: number, node: string, what: string, detail: TraceEvent['detail'] = {}): TraceEvent {
  return { at, node, what, detail };
}

const wire = { client, group: 'bank', member: 'reader/consumer-1-a1' };
const trace: readonly TraceEvent[] = [
  event(5, 'broker-0', 'partition.append', { ...accounts, baseOffset: 0, count: 3 }),
  event(5, 'broker-0', 'partition.highWatermark', { ...accounts, offset: 3 }),
  event(10, 'reader', 'process.started'),
  event(12, 'broker-0', 'wire.request', {
    ...wire,
    api: 'JoinGroup',
    sessionTimeoutMs: 45_000,
    rebalanceTimeoutMs: 300_000,
  }),
  event(12, 'broker-0', 'group.state', { group: 'bank', to: 'PreparingRebalance', generation: 0, members: ['a'] }),
  event(3012, 'broker-0', 'wire.response', { ...wire, api: 'JoinGroup', error: 0, generation: 1, leader: wire.member }),
  event(3013, client, 'consumer.assigned', { partitions: [accounts] }),
  event(3014, client, 'consumer.position', { ...accounts, offset: 0, from: 'earliest' }),
  event(3020, client, 'consumer.records', { ...accounts, from: 0, to: 1 }),
  event(3021, 'broker-0', 'wire.request', {
    ...wire,
    api: 'OffsetCommit',
    offsets: [{ partition: 'account-0', offset: 2 }],
  }),
  event(3022, 'broker-0', 'offset.committed', { ...accounts, group: 'bank', offset: 2 }),
  event(3023, 'broker-0', 'response.sent', { client, api: 'OffsetCommit' }),
  event(3030, 'reader', 'effect.done', { name: 'apply <b>&' }),
  event(4000, 'reader', 'process.crashed'),
  event(48_021, 'broker-0', 'group.member', { ...wire, change: 'removed', why: 'session timeout' }),
];

const records = { 'account-0': ['+100', '+150', '-120'] };
const play = stageOf(trace, { caption: 'One reader', cast: ['reader'], fromMs: 10, seed: 7, records });

describe('a trace as scenes', () => {
  test('a moment is a millisecond in which something is told; what was before shapes the first', () => {
    expect(play.moments.map(({ at }) => at)).toEqual([10, 12, 3012, 3013, 3014, 3020, 3021, 3022, 3030, 4000, 48_021]);
    expect(play.moments[0].partitions).toEqual([{ name: 'account-0', logEnd: 3, highWatermark: 3, readers: [] }]);
    expect(play.moments[1].says.map(({ text }) => text)).toEqual([
      'reader asks to join',
      'the group is PreparingRebalance, generation 0',
    ]);
    expect(play.decisive).toBe(3);
  });

  test('the marks, the owner and the timers are those of the moment', () => {
    const scene = sceneAt(play, 3022);
    expect(scene.partitions[0]).toMatchObject({ committed: 2, position: 2, logEnd: 3, readers: ['reader'] });
    expect(scene.members[0]).toMatchObject({ state: 'running', leads: true, nextAnswer: 'OffsetCommit' });
    expect(sceneAt(play, 3030).members[0].nextAnswer).toBeUndefined();
    expect(sceneWords(sceneAt(play, 4000))).toContain('reader: is killed; is given up in 44 s unless it is heard.');
    expect(sceneAt(play, 4000).partitions[0].readers).toEqual([]);
  });

  test('between two moments only the timers go on', () => {
    expect(momentAt(play, 20_000)).toBe(play.moments.length - 2);
    expect(sceneWords(sceneAt(play, 20_000)).slice(0, 1)).toEqual(['20.000 s: nothing happens.']);
    expect(sceneWords(sceneAt(play, 20_000))).toContain('reader: is killed; is given up in 28 s unless it is heard.');
  });

  test('those who have not met the protocol are shown none of it', () => {
    const { moments } = stageOf(trace, { caption: 'One reader', cast: ['reader'], fromMs: 10, level: 'reading' });
    expect(moments.map(({ at }) => at)).toEqual([10, 3013, 3014, 3020, 3021, 3022, 3030, 4000, 48_021]);
    expect(moments.every(({ group, members }) => group === undefined && members[0].heard === undefined)).toBe(true);
  });

  test('a run with too much in it is told by what changes in the group', () => {
    const busy = Array.from({ length: 400 }, (_, index) =>
      event(5000 + index, client, 'consumer.records', { ...accounts, from: index, to: index }),
    );
    const { moments } = stageOf([...trace.slice(0, -1), ...busy, trace[14]], { caption: 'Busy', cast: ['reader'] });
    expect(moments.length).toBeLessThan(MOST_MOMENTS);
    expect(moments[moments.length - 1].partitions[0].position).toBe(400);
  });
});

describe('a scene as a picture', () => {
  test('both forms say what happens, and text stays text', () => {
    const scene = sceneAt(play, 3030);
    for (const form of ['wide', 'narrow'] as const) {
      const svg = svgOf(figureOf(play, scene, form), play.caption);
      expect(svg).toContain('aria-label="One reader. 3.030 s: reader: apply &#60;b&#62;&#38;"');
      expect(svg).not.toContain('<b>');
      expect(svg).toContain('>+150</text>');
    }
  });

  test('a part keeps its key and glides: the position before and after two records', () => {
    const markAt = (at: number) =>
      figureOf(play, sceneAt(play, at)).parts.find(({ key }) => key === 'position account-0');
    expect(markAt(3014)?.moves).toBe(true);
    expect((markAt(3020)?.x ?? 0) - (markAt(3014)?.x ?? 0)).toBe(2 * 62);
  });

  test('no more than thirty things move, however many there are', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const crowd = names.flatMap((name, partition) => [
      event(1, 'broker-0', 'partition.append', { topic: 't', partition, baseOffset: 0, count: 3 }),
      event(1, 'broker-0', 'partition.highWatermark', { topic: 't', partition, offset: 3 }),
      event(1, name, 'process.started'),
      event(2, 'broker-0', 'wire.request', {
        ...wire,
        client: `${name}/c`,
        api: 'JoinGroup',
        sessionTimeoutMs: 9,
        rebalanceTimeoutMs: 9,
      }),
      event(3, 'broker-0', 'wire.response', {
        ...wire,
        client: `${name}/c`,
        api: 'JoinGroup',
        error: 0,
        generation: 1,
      }),
      event(3, `${name}/c`, 'consumer.assigned', { partitions: [{ topic: 't', partition }] }),
      event(3, `${name}/c`, 'consumer.records', { topic: 't', partition, from: 0, to: 1 }),
      event(3, 'broker-0', 'offset.committed', { group: 'bank', topic: 't', partition, offset: 1 }),
      event(3, 'broker-0', 'wire.request', { ...wire, client: `${name}/c`, api: 'SyncGroup' }),
    ]);
    const full = stageOf(
      crowd.sort((one, other) => one.at - other.at),
      { caption: 'A crowd', cast: names },
    );
    const moving = figureOf(full, sceneAt(full, 3)).parts.filter(({ moves }) => moves);
    expect(moving.length).toBeGreaterThan(20);
    expect(moving.length).toBeLessThanOrEqual(MOST_MOVING);
  });
});

test('the whole in words marks the decisive moment', () => {
  const words = playWords({ ...play, verdict: ['Nothing was lost.'] });
  expect(words).toMatch(/^One reader\n {2}Nothing was lost\.\n {2}3\.013 s: reader reads account-0\./);
  expect(words.match(/^▶.*$/gm)).toEqual(['▶  3.013 s  reader reads account-0']);
  expect(words.split('\n').at(-1)).toContain('48.021 s  the broker takes reader out of the group: session timeout');
});

describe('a play from elsewhere', () => {
  const json = JSON.parse(JSON.stringify(play)) as Play;

  test('comes through as it was sent', () => {
    expect(readPlay(json)).toEqual(play);
  });

  test.each<[string, unknown]>([
    ['no object', 'play'],
    ['no moments', { ...json, moments: [] }],
    ['too many moments', { ...json, moments: Array.from({ length: 121 }, () => json.moments[0]) }],
    ['moments out of order', { ...json, moments: [json.moments[1], json.moments[0]] }],
    ['a moment to begin with that is not there', { ...json, decisive: 99 }],
    ['an offset that is markup', { ...json, moments: [{ ...json.moments[0], at: '<script>' }] }],
    [
      'a state that nobody knows',
      { ...json, moments: [{ ...json.moments[0], members: [{ name: 'x', state: 'on' }] }] },
    ],
  ])('is refused: %s', (_, value) => {
    expect(() => readPlay(value)).toThrow(NoPlay);
  });

  test('whatever it is, it is refused or can be drawn', () => {
    const places = ['at', 'says', 'group', 'partitions', 'members', 'messages', 'done'] as const;
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
        try {
          const read = readPlay({ ...json, moments: [{ ...json.moments[5], [place]: value }], decisive: 0 });
          expect(svgOf(figureOf(read, read.moments[0]), read.caption)).not.toContain('NaN');
        } catch (error) {
          expect(error).toBeInstanceOf(NoPlay);
        }
      }),
      { numRuns: 200 },
    );
  });
});
