/**
 * The checker itself: for each row a trace of a few events in which exactly that goes wrong. That it keeps silent when nothing does, the scenarios and the seeds
 * show; here is that it speaks.
 */
import { describe, expect, test } from 'vitest';
import { check, inWords } from '../../lib/sim/checker/check.ts';
import type { Given } from '../../lib/sim/checker/property.ts';
import type { TraceEvent } from '../../lib/trace/trace.ts';

type Detail = TraceEvent['detail'];

let id = 0;

/** The events of a broker in the order in which they are listed, a millisecond apart. */
const trace = (...events: (Omit<TraceEvent, 'at'> | readonly Omit<TraceEvent, 'at'>[])[]): TraceEvent[] =>
  events.flat().map((event, at) => ({ at, ...event }));

const at = (node: string, what: string, detail: Detail = {}) => ({ node, what, detail });

const state = (from: string, to: string, generation: number, members: string[]) =>
  at('broker-0', 'group.state', { group: 'g', from, to, generation, members });

/** The group's way to a stable generation. */
const round = (generation: number, members: string[], from = 'Empty') => [
  state(from, 'PreparingRebalance', generation - 1, members),
  state('PreparingRebalance', 'CompletingRebalance', generation, members),
  state('CompletingRebalance', 'Stable', generation, members),
];

const safe = at('broker-0', 'partition.highWatermark', { topic: '__consumer_offsets', partition: 0, offset: 1 });

const asked = (api: string, client: string, number: number, detail: Detail) =>
  at('broker-0', 'wire.request', {
    connection: client,
    id: number,
    client,
    api,
    group: 'g',
    instance: null,
    ...detail,
  });
const answered = (api: string, client: string, number: number, detail: Detail) =>
  at('broker-0', 'wire.response', { connection: client, id: number, client, api, ...detail });

function exchange(
  api: string,
  client: string,
  request: Detail,
  response: Detail,
  between: ReturnType<typeof at>[] = [],
) {
  id++;
  return [asked(api, client, id, request), ...between, answered(api, client, id, response)];
}

const join = (member: string, generation: number, more: { request?: Detail; response?: Detail } = {}) =>
  exchange(
    'JoinGroup',
    member,
    { member, protocols: ['range'], topics: ['t'], rebalanceTimeoutMs: 100, sessionTimeoutMs: 100, ...more.request },
    { error: 0, generation, protocol: 'range', leader: 'a', member, members: [], instances: {}, ...more.response },
  );

const sync = (member: string, assignments: { [member: string]: string[] }, assignment: string[], between = [safe]) =>
  exchange('SyncGroup', member, { member, generation: 1, assignments }, { error: 0, assignment }, between);

const commit = (member: string, generation: number, offset: number, error = 0, metadataLength = 0, between = [safe]) =>
  exchange(
    'OffsetCommit',
    member,
    { member, generation, offsets: [{ partition: 't-0', offset, metadataLength }] },
    { errors: { 't-0': error } },
    between,
  );

const fetched = (client: string, offset: number) =>
  exchange('OffsetFetch', client, {}, { error: 0, offsets: { 't-0': offset } });

const place = { topic: 't', partition: 0 };
const held = (node: string, what: string, detail: Detail = {}) =>
  at(node, `consumer.${what}`, { partitions: [place], ...detail });
const assigned = (node: string, generation = 1) => held(node, 'assigned', { member: node, generation });
const records = (node: string, from: number, to: number) => at(node, 'consumer.records', { ...place, from, to });
const position = (node: string, offset: number, from = 'committed') =>
  at(node, 'consumer.position', { ...place, offset, from });
const heard = (node: string, what: string) => at(node, `listener.${what}`, { partitions: [place] });
const work = (process: string, offset: number) => at(process, 'effect.done', { name: `work t-0 ${offset}` });

const calm = { group: 'g', topics: { t: 1 }, quietMs: 2 };

const breaches: readonly [row: string, says: string, events: TraceEvent[], given?: Given][] = [
  [
    'S7',
    '5 had been committed after that',
    trace(round(1, ['a']), commit('a', 1, 3), commit('a', 1, 5), fetched('a', 3)),
  ],
  ['S7', '3 had been committed', trace(round(1, ['a']), commit('a', 1, 3), fetched('a', -1))],
  ['S7', 'that commit had been refused', trace(round(1, ['a']), commit('a', 1, 9, 22), fetched('a', 9))],
  ['S7', 'acknowledged before it was safe in the log', trace(round(1, ['a']), commit('a', 1, 3, 0, 0, []))],
  [
    'S9',
    'was accepted; g was Stable in generation 1, and z no member of it',
    trace(round(1, ['a']), commit('z', 1, 3)),
  ],
  ['S9', 'was accepted while it had members (Stable)', trace(round(1, ['a']), commit('', -1, 3))],
  [
    'S10',
    'committed in generation 1, and g had gone on to 2',
    trace(round(1, ['a']), round(2, ['a'], 'Stable'), commit('a', 1, 3)),
  ],
  [
    'S11',
    'had only been given what is below 3',
    trace(position('a', 3), commit('a', -1, 4)),
    { commitsPositions: true },
  ],
  [
    'S12',
    'the work was done only below 1',
    trace(work('p', 0), commit('p/consumer-1', -1, 2)),
    { commits: 'afterWork' },
  ],
  ['S13', '5000 characters of metadata for t-0 were accepted', trace(commit('a', -1, 1, 0, 5000))],
  ['S13', 'refused for its metadata of 10 characters', trace(commit('a', -1, 1, 12, 10))],
  ['S14', 'went from Stable to Empty', trace(round(1, ['a']), state('Stable', 'Empty', 2, []))],
  ['S15', 'from generation 1 to 4', trace(round(1, ['a']), round(4, ['a'], 'Stable').slice(1))],
  ['S16', 'was told of another leader', trace(join('a', 1), join('b', 1, { response: { leader: 'b' } }))],
  ['S16', 'got the list of members and does not lead', trace(join('b', 1, { response: { members: ['a', 'b'] } }))],
  ['S16', 'the leader was not told of it', trace(join('a', 1, { response: { members: ['a'] } }), join('b', 1))],
  ['S17', 'does not know the strategy range', trace(join('a', 1, { request: { protocols: ['sticky'] } }))],
  [
    'S18',
    't-0 was given to a and to b',
    trace(join('a', 1), sync('a', { a: ['t-0'], b: ['t-0'] }, ['t-0']), sync('b', {}, ['t-0'])),
  ],
  ['S19', 'the leader gave t-0 to nobody', trace(join('a', 1), sync('a', { a: ['t-1'] }, ['t-1']))],
  ['S20', 'got t-1, and the leader gave it t-0', trace(join('a', 1), sync('a', { a: ['t-0'] }, ['t-1']))],
  ['S20', 'before that was safe in the log', trace(join('a', 1), sync('a', { a: ['t-0'] }, ['t-0'], []))],
  ['S20', 'before the leader had made an assignment', trace(join('b', 1), sync('b', {}, []))],
  [
    'S22',
    'a member too, has not let go of it',
    trace(join('a', 1), assigned('a'), join('b', 2), round(2, ['a', 'b']), assigned('b', 2)),
  ],
  ['S24', 'its listener was told of that 0 times', trace(heard('a', 'assigned'), assigned('a'), held('a', 'revoked'))],
  [
    'S24',
    'its listener was told of that 2 times',
    trace(assigned('a'), heard('a', 'lost'), heard('a', 'revoked'), held('a', 'revoked')),
  ],
  ['S25', 'names t-0, which it had already', trace(heard('a', 'assigned'), heard('a', 'assigned'))],
  ['S26', 'which is not assigned to it', trace(assigned('a'), held('a', 'revoked'), records('a', 0, 0))],
  [
    'S27',
    'was accepted, though it had been replaced',
    trace(
      at('broker-0', 'group.member', { group: 'g', member: 'a', change: 'replaced', why: 'b has the same id' }),
      exchange('Heartbeat', 'a', { member: 'a', generation: 1 }, { error: 0 }),
    ),
  ],
  ['S28', 'has 2 members, and 1 is the most', trace(join('a', 1), join('b', 1)), { maxSize: 1 }],
  ['S29', 'was answered a second time', trace(join('a', 1), answered('JoinGroup', 'a', 999, { error: 0 }))],
  [
    'S36',
    'from 2 on, and 1 was next',
    trace(position('a', 0), records('a', 0, 0), records('a', 2, 2)),
    { dense: true },
  ],
  ['S36', 'from 0 on, and 1 was next', trace(position('a', 0), records('a', 0, 0), records('a', 0, 0))],
  ['S37', 'had been told that 4 is committed', trace(commit('a', -1, 4), fetched('a', 4), position('a', 5))],
  ['S38', 'nobody has done the work of 0', trace(commit('a', -1, 1)), { commits: 'afterWork', dense: true }],
  ['S39', 'which p had done', trace(work('p', 0), work('q', 0)), { commits: 'beforeWork' }],
  [
    'S40',
    'did the work of t-0 0 again',
    trace(position('p/c', 0), work('p', 0), work('p', 0)),
    { commits: 'afterWork' },
  ],
  ['L1', 'should have one owner, and nobody has it', trace(round(1, ['a'])), { calm }],
  ['L4', 'is PreparingRebalance at the end', trace(round(1, []).slice(0, 1), assigned('a')), { calm }],
  ['L5', 'a still is in generation 1, and the group in 2', trace(assigned('a'), round(2, ['a'])), { calm }],
  [
    'L8',
    't-0 0 was acknowledged to its producer',
    trace(at('w', 'producer.acknowledged', { ...place, from: 0, to: 0 })),
    { calm },
  ],
  ['L11', 'goes on rebalancing', trace(assigned('a'), round(1, ['a'])), { calm }],
];

describe('each breach is named', () => {
  test.each(breaches)('%s: %s', (row, says, events, given = {}) => {
    const found = check(events, given).filter((violation) => violation.row === row);
    expect(found.map(({ text }) => text).join('\n')).toContain(says);
  });
});

test('a rebalance that takes longer than its members allow is named', () => {
  const events = [...trace(join('a', 1), state('Empty', 'PreparingRebalance', 0, ['a']))];
  const late = { ...state('PreparingRebalance', 'CompletingRebalance', 1, ['a']), at: 5_000 };
  const [{ row, text }] = check([...events, late]);
  expect([row, text]).toEqual([
    'L3',
    expect.stringContaining('was PreparingRebalance for 4998 ms, and its members allow it 100 ms'),
  ]);
});

test('nothing is said of what is right', () => {
  const events = trace(
    round(1, ['a']),
    join('a', 1, { response: { members: ['a'] } }),
    sync('a', { a: ['t-0'] }, ['t-0']),
    assigned('a'),
    fetched('a', -1),
    position('a', 0, 'earliest'),
    records('a', 0, 1),
    commit('a', 1, 2),
    fetched('a', 2),
  );
  expect(check(events, { dense: true, commitsPositions: true })).toEqual([]);
});

test('a process that is started again begins with nothing, also when its name has a space', () => {
  const client = 'ledger 2/consumer-1';
  const restarted = [at('ledger 2', 'process.crashed'), at('ledger 2', 'process.started')];
  expect(check(trace(heard(client, 'assigned'), restarted, heard(client, 'assigned')))).toEqual([]);
});

test('a commit that was never answered may have happened or not', () => {
  const lost = asked('OffsetCommit', 'a', 500, {
    member: 'a',
    generation: 1,
    offsets: [{ partition: 't-0', offset: 7, metadataLength: 0 }],
  });
  for (const told of [3, 7])
    expect(check(trace(round(1, ['a']), commit('a', 1, 3), lost, fetched('b', told)))).toEqual([]);
});

test('a breach in words: what was promised, what happened, and what led to it', () => {
  const events = trace(round(1, ['a']), commit('a', 1, 3), fetched('b', -1));
  const [violation] = check(events);
  const lines = inWords(violation, events).split('\n');
  expect(lines.slice(0, 2)).toEqual([
    'S7: Who asks for an offset is told the last commit that was acknowledged.',
    '  At 7 ms: b asked for the offset of t-0 and was told -1, but 3 had been committed.',
  ]);
  expect(lines.slice(2).map((line) => line.trim().split(/ +/).slice(0, 5).join(' '))).toEqual([
    '3 ms broker-0 wire.request connection=a',
    '5 ms broker-0 wire.response connection=a',
    '▶ 7 ms broker-0 wire.response',
  ]);
});
