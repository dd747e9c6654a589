import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FetchedFrom, FetchSession, type SessionRequest } from '../../lib/client/consumer/fetchSession.ts';
import { Errors } from '../../lib/protocol/errors.ts';
import { stage } from './stage.ts';

const from = (partition: number, fetchOffset: number, more: Partial<FetchedFrom> = {}): FetchedFrom => ({
  topic: 'ledger',
  topicId: 'id',
  partition,
  fetchOffset,
  currentLeaderEpoch: 0,
  ...more,
});
const named = ({ changed, forgotten, sessionEpoch }: SessionRequest) => ({
  sessionEpoch,
  changed: changed.map(({ partition, fetchOffset }) => `${partition} ${fetchOffset}`),
  forgotten: forgotten.map(({ partition }) => partition),
});

describe('a fetch session', () => {
  test('begins with a full request, and then names only what has changed', () => {
    const session = new FetchSession();
    expect(named(session.next([from(0, 0), from(1, 5)]))).toEqual({
      sessionEpoch: 0,
      changed: ['0 0', '1 5'],
      forgotten: [],
    });
    session.answered(99);
    expect(named(session.next([from(0, 3), from(1, 5)]))).toEqual({ sessionEpoch: 1, changed: ['0 3'], forgotten: [] });
    session.answered(99);
    expect(named(session.next([from(1, 5)]))).toEqual({ sessionEpoch: 2, changed: [], forgotten: [0] });
    session.answered(99);
    expect(named(session.next([from(1, 5, { currentLeaderEpoch: 1 })]))).toMatchObject({ changed: ['1 5'] });
  });

  test('a broker that keeps no sessions gets full requests', () => {
    const session = new FetchSession();
    for (let round = 0; round < 2; round++) {
      expect(named(session.next([from(0, 0)]))).toEqual({ sessionEpoch: 0, changed: ['0 0'], forgotten: [] });
      session.answered(0);
    }
  });

  test('begins anew when the broker has forgotten it, counts otherwise, or may not have heard', () => {
    const session = new FetchSession();
    const begin = () => {
      session.next([from(0, 0)]);
      session.answered(99);
    };
    begin();
    expect(session.refused(Errors.FETCH_SESSION_ID_NOT_FOUND)).toBe(true);
    expect(session.next([from(0, 0)])).toMatchObject({ sessionId: 0, sessionEpoch: 0 });
    begin();
    expect(session.refused(Errors.INVALID_FETCH_SESSION_EPOCH)).toBe(true);
    // The old one is named, so that the broker can forget it.
    expect(session.next([from(0, 0)])).toMatchObject({ sessionId: 99, sessionEpoch: 0 });
    begin();
    session.lost();
    expect(session.next([from(0, 0)])).toMatchObject({ sessionId: 99, sessionEpoch: 0 });
    expect(session.refused(Errors.UNKNOWN_SERVER_ERROR)).toBe(false);
  });

  test('a topic that was made again under its name begins a new one', () => {
    const session = new FetchSession();
    session.next([from(0, 0)]);
    session.answered(99);
    expect(named(session.next([from(0, 0, { topicId: 'another' })]))).toMatchObject({ sessionEpoch: 0 });
  });

  test('whatever happens, the broker fetches what the consumer wants', () => {
    const wanted = fc.uniqueArray(fc.record({ partition: fc.nat(3), fetchOffset: fc.nat(2) }), {
      selector: ({ partition }) => partition,
    });
    const fates = fc.constantFrom('answered', 'answered', 'answered', 'unheard', 'answer lost', 'forgotten', 'none');
    fc.assert(
      fc.property(fc.array(fc.tuple(wanted, fates)), (rounds) => {
        const session = new FetchSession();
        let broker: { id: number; epoch: number; known: Map<number, FetchedFrom> } | undefined;
        let ids = 0;
        const round = (asked: FetchedFrom[], fate: string) => {
          const request = session.next(asked);
          if (fate === 'unheard') return session.lost();
          if (request.sessionEpoch === 0) broker = { id: ++ids, epoch: -1, known: new Map() };
          if (broker === undefined || (request.sessionEpoch > 0 && broker.id !== request.sessionId))
            return session.refused(Errors.FETCH_SESSION_ID_NOT_FOUND);
          if (broker.epoch + 1 !== request.sessionEpoch) return session.refused(Errors.INVALID_FETCH_SESSION_EPOCH);
          broker.epoch = request.sessionEpoch;
          for (const { partition } of request.forgotten) broker.known.delete(partition);
          for (const one of request.changed) broker.known.set(one.partition, one);
          const sorted = (all: Iterable<FetchedFrom>) => [...all].sort((a, b) => a.partition - b.partition);
          expect(sorted(broker.known.values())).toEqual(sorted(asked));
          if (fate === 'answer lost') return session.lost();
          if (fate === 'none') broker = undefined;
          return session.answered(broker?.id ?? 0);
        };
        for (const [partitions, fate] of rounds) {
          if (fate === 'forgotten') broker = undefined;
          const asked = partitions.map(({ partition, fetchOffset }) => from(partition, fetchOffset));
          round(asked, fate);
        }
      }),
    );
  });
});

test('a consumer that waits names nothing any more; after a crash of the broker it begins a new session', async () => {
  const at = await stage({ topics: { ledger: 3 } });
  const named: number[] = [];
  const observe = () => {
    at.cluster.on('Fetch').observe(({ request }) => {
      named.push(request.topics.reduce((sum, { partitions }) => sum + partitions.length, 0));
    });
  };
  observe();
  const consumer = at.kafka.consumer({ autoOffsetReset: 'earliest' });
  await consumer.assign([0, 1, 2].map((partition) => ({ topic: 'ledger', partition })));
  await consumer.poll('5 s');
  expect(named.reduce((sum, count) => sum + count, 0)).toBe(3);
  expect(named.length).toBeGreaterThan(5);
  at.cluster.crash(0);
  await at.drive(at.cluster.start(0));
  named.length = 0;
  observe();
  await consumer.poll('5 s');
  expect(named.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(3);
  expect(named.at(-1)).toBe(0);
  const producer = at.kafka.producer();
  await producer.send({ topic: 'ledger', partition: 2, value: 'still there' });
  expect((await consumer.poll('5 s')).map(({ value }) => value)).toEqual(['still there']);
  await at.close();
});
