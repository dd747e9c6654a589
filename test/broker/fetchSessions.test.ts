import { describe, expect, test } from 'vitest';
import { type FetchAnswer, FetchSessions } from '../../lib/broker/fetchSessions.ts';
import { Fetch, Metadata } from '../../lib/protocol/apis/index.ts';
import { errorOf } from '../../lib/protocol/errors.ts';
import type { RequestInput, RequestOf } from '../../lib/protocol/schema.ts';
import { batchesIn } from '../../lib/records/batch.ts';
import { batchOf, type Client, onStage, type Stage } from './stage.ts';

const topics = { ledger: 3 };
type Session = { readonly sessionId: number; readonly sessionEpoch: number };

const from = (fetchOffset: number, partition = 0) => ({ partition, fetchOffset, partitionMaxBytes: 1 << 20 });

interface Seen {
  readonly error: string;
  readonly sessionId: number;
  /** For each partition that is named: `1: 0 1` for the base offsets of two batches, or `1: ` and the name of its error. */
  readonly partitions: readonly string[];
}

async function fetch(
  client: Client,
  session: Session,
  partitions: readonly ReturnType<typeof from>[],
  settings: Partial<RequestInput<typeof Fetch>> = {},
  version = 12,
): Promise<Seen> {
  const wanted = partitions.length > 0 ? [{ topic: 'ledger', partitions }] : [];
  const request = { maxWaitMs: 0, minBytes: 1, ...session, topics: wanted, ...settings };
  const { errorCode, sessionId, responses } = await client.ask(Fetch, request, version);
  const named = responses.flatMap((topic) =>
    topic.partitions.map(({ partitionIndex, errorCode, records }) => {
      const bases = [...batchesIn(records ?? new Uint8Array(0))].map(({ header }) => header.baseOffset);
      return `${partitionIndex}: ${errorCode === 0 ? bases.join(' ') : errorOf(errorCode).name}`;
    }),
  );
  return { error: errorOf(errorCode).name, sessionId, partitions: named };
}

/** A session that reads all three partitions from offset 0. */
async function begun(client: Client): Promise<number> {
  const { sessionId } = await fetch(client, { sessionId: 0, sessionEpoch: 0 }, [from(0), from(0, 1), from(0, 2)]);
  expect(sessionId).toBeGreaterThan(0);
  return sessionId;
}

async function append(stage: Stage, partition: number): Promise<void> {
  await stage.broker.topics.partition('ledger', partition)?.append(batchOf(['a'])).committed;
}

describe('a fetch session', () => {
  test(
    'is begun by a full request, and then only what changes is named, in both directions',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const first = await fetch(client, { sessionId: 0, sessionEpoch: 0 }, [from(0), from(0, 1), from(0, 2)]);
        expect(first.partitions).toEqual(['0: ', '1: ', '2: ']);
        const { sessionId } = first;
        expect(await fetch(client, { sessionId, sessionEpoch: 1 }, [])).toEqual({ ...first, partitions: [] });
        await append(stage, 1);
        const second = await fetch(client, { sessionId, sessionEpoch: 2 }, []);
        expect(second.partitions).toEqual(['1: 0']);
        // The records are sent until the client says that it has gone on.
        expect((await fetch(client, { sessionId, sessionEpoch: 3 }, [])).partitions).toEqual(['1: 0']);
        expect((await fetch(client, { sessionId, sessionEpoch: 4 }, [from(1, 1)])).partitions).toEqual([]);
        await append(stage, 0);
        expect((await fetch(client, { sessionId, sessionEpoch: 5 }, [])).partitions).toEqual(['0: 0']);
      },
      { topics },
    ),
  );

  test(
    'goes by topic ids from version 13 on',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const { topics } = await client.ask(Metadata, { topics: [{ name: 'ledger' }] });
        const wanted = { topics: [{ topicId: topics[0].topicId, partitions: [from(0)] }] };
        const { sessionId } = await fetch(client, { sessionId: 0, sessionEpoch: 0 }, [], wanted, 13);
        await append(stage, 0);
        expect(await fetch(client, { sessionId, sessionEpoch: 1 }, [], {}, 13)).toMatchObject({
          partitions: ['0: 0'],
        });
        const named = await fetch(client, { sessionId, sessionEpoch: 2 }, [], {}, 12);
        expect(named.error).toBe('FETCH_SESSION_TOPIC_ID_ERROR');
        await stage.broker.topics.delete(stage.broker.topics.named('ledger')!);
        expect(await fetch(client, { sessionId, sessionEpoch: 2 }, [], {}, 13)).toMatchObject({
          partitions: ['0: UNKNOWN_TOPIC_ID'],
        });
      },
      { topics },
    ),
  );

  test(
    'waits for all its partitions, those that a request does not name among them',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const sessionId = await begun(client);
        const time = stage.now;
        const waiting = fetch(client, { sessionId, sessionEpoch: 1 }, [], { maxWaitMs: 60_000 });
        await stage.sleep(100);
        await append(stage, 2);
        expect((await waiting).partitions).toEqual(['2: 0']);
        expect(stage.now - time).toBeLessThan(200);
      },
      { topics },
    ),
  );

  test(
    'tells of an error each time, and of marks that have moved once',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const sessionId = await begun(client);
        expect((await fetch(client, { sessionId, sessionEpoch: 1 }, [from(5)])).partitions).toEqual([
          '0: OFFSET_OUT_OF_RANGE',
        ]);
        expect((await fetch(client, { sessionId, sessionEpoch: 2 }, [])).partitions).toEqual([
          '0: OFFSET_OUT_OF_RANGE',
        ]);
        expect((await fetch(client, { sessionId, sessionEpoch: 3 }, [from(0)])).partitions).toEqual(['0: ']);
        await append(stage, 1);
        expect((await fetch(client, { sessionId, sessionEpoch: 4 }, [from(1, 1)])).partitions).toEqual(['1: ']);
        await stage.broker.topics.partition('ledger', 1)?.deleteRecords(1);
        expect((await fetch(client, { sessionId, sessionEpoch: 5 }, [])).partitions).toEqual(['1: ']);
        expect((await fetch(client, { sessionId, sessionEpoch: 6 }, [])).partitions).toEqual([]);
      },
      { topics },
    ),
  );

  test(
    'tells each time where the log of the client parts from ours',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const sessionId = await begun(client);
        const ask = async (sessionEpoch: number, topics: RequestInput<typeof Fetch>['topics']) => {
          const { responses } = await client.ask(
            Fetch,
            { sessionId, sessionEpoch, maxWaitMs: 0, minBytes: 1, topics },
            12,
          );
          return responses.flatMap((topic) => topic.partitions.map(({ divergingEpoch }) => divergingEpoch));
        };
        const parting = [{ topic: 'ledger', partitions: [{ ...from(100), lastFetchedEpoch: 0 }] }];
        expect(await ask(1, parting)).toEqual([{ epoch: 0, endOffset: 0 }]);
        expect(await ask(2, [])).toEqual([{ epoch: 0, endOffset: 0 }]);
        expect(await ask(3, [{ topic: 'ledger', partitions: [{ ...from(0), lastFetchedEpoch: 0 }] }])).toEqual([]);
      },
      { topics },
    ),
  );

  test(
    'takes in partitions, lets them go, and ends with the last',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const { sessionId } = await fetch(client, { sessionId: 0, sessionEpoch: 0 }, [from(0)]);
        expect((await fetch(client, { sessionId, sessionEpoch: 1 }, [from(0, 1)])).partitions).toEqual(['1: ']);
        await append(stage, 0);
        await append(stage, 1);
        const forget = (...partitions: number[]) => ({ forgottenTopicsData: [{ topic: 'ledger', partitions }] });
        expect((await fetch(client, { sessionId, sessionEpoch: 2 }, [], forget(0))).partitions).toEqual(['1: 0']);
        expect(await fetch(client, { sessionId, sessionEpoch: 3 }, [], forget(1))).toMatchObject({
          ...{ error: 'NONE', sessionId: 0, partitions: [] },
        });
        expect((await fetch(client, { sessionId, sessionEpoch: 4 }, [])).error).toBe('FETCH_SESSION_ID_NOT_FOUND');
      },
      { topics },
    ),
  );

  test(
    'lets each partition take its turn when an answer holds only one of them',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const sessionId = await begun(client);
        for (const partition of [0, 1, 2]) await append(stage, partition);
        const turns: string[] = [];
        for (let sessionEpoch = 1; sessionEpoch <= 4; sessionEpoch++) {
          const { partitions } = await fetch(client, { sessionId, sessionEpoch }, [], { maxBytes: 1 });
          turns.push(...partitions.filter((one) => one.endsWith(' 0')));
        }
        expect(turns).toEqual(['0: 0', '1: 0', '2: 0', '0: 0']);
      },
      { topics },
    ),
  );

  test(
    'has ended for who asks out of turn, begins anew, or does not know it',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const sessionId = await begun(client);
        expect(await fetch(client, { sessionId, sessionEpoch: 2 }, [])).toEqual({
          ...{ error: 'INVALID_FETCH_SESSION_EPOCH', sessionId: 0, partitions: [] },
        });
        expect((await fetch(client, { sessionId, sessionEpoch: 1 }, [])).error).toBe('NONE');
        expect((await fetch(client, { sessionId, sessionEpoch: 1 }, [])).error).toBe('INVALID_FETCH_SESSION_EPOCH');
        const anew = await fetch(client, { sessionId, sessionEpoch: 0 }, [from(0)]);
        expect(anew.sessionId).not.toBe(sessionId);
        expect((await fetch(client, { sessionId, sessionEpoch: 2 }, [])).error).toBe('FETCH_SESSION_ID_NOT_FOUND');
        const last = await fetch(client, { sessionId: anew.sessionId, sessionEpoch: -1 }, [from(0)]);
        expect(last).toEqual({ error: 'NONE', sessionId: 0, partitions: ['0: '] });
        const over = await fetch(client, { sessionId: anew.sessionId, sessionEpoch: 1 }, []);
        expect(over.error).toBe('FETCH_SESSION_ID_NOT_FOUND');
      },
      { topics },
    ),
  );

  test(
    'is refused to a client for which there is no room, and to clients before version 7',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const ask = () => fetch(client, { sessionId: 0, sessionEpoch: 0 }, [from(0)]);
        expect((await ask()).sessionId).toBeGreaterThan(0);
        expect(await ask()).toEqual({ error: 'NONE', sessionId: 0, partitions: ['0: '] });
        const old = await fetch(client, { sessionId: 0, sessionEpoch: -1 }, [from(0)], {}, 6);
        expect(old).toEqual({ error: 'NONE', sessionId: 0, partitions: ['0: '] });
      },
      { topics, config: { 'max.incremental.fetch.session.cache.slots': '1' } },
    ),
  );
});

/** Sessions without a broker, on a clock that stands still unless a test moves it. */
class Cache {
  now = 0;
  readonly sessions: FetchSessions;
  #drawn = 0;

  constructor(slots: number) {
    const never = (): never => {
      throw new Error('not needed');
    };
    const clock = { monotonicMs: () => this.now, wallMs: never, after: never, sleep: never };
    const random = { nextU32: () => ++this.#drawn * 2, fork: () => random };
    this.sessions = new FetchSessions({ clock, random }, slots);
  }

  /** Answers the session's id, or the name of an error. */
  ask(session: Session, partitions: number): number | string {
    const wanted = Array.from({ length: partitions }, (_, partition) => ({
      ...{ ...from(0, partition), currentLeaderEpoch: -1, lastFetchedEpoch: -1, logStartOffset: -1 },
    }));
    const request: RequestOf<typeof Fetch> = {
      ...{ clusterId: null, replicaId: -1, maxWaitMs: 0, minBytes: 1, maxBytes: 1, isolationLevel: 0, rackId: '' },
      ...{ ...session, topics: [{ topic: 'ledger', topicId: '', partitions: wanted }], forgottenTopicsData: [] },
    };
    const plan = this.sessions.begin(request, 12);
    if ('code' in plan) return plan.name;
    const answers: FetchAnswer[] = plan.partitions.map((wanted) => ({
      wanted,
      response: { partitionIndex: wanted.partition, errorCode: 0, highWatermark: 0, records: null },
    }));
    const { error, sessionId } = plan.finish(answers);
    return error.code === 0 ? sessionId : error.name;
  }

  begin(partitions: number): number {
    return Number(this.ask({ sessionId: 0, sessionEpoch: 0 }, partitions));
  }
}

describe('room for sessions', () => {
  test('a session that was not used for two minutes makes room for any other', () => {
    const cache = new Cache(2);
    const [idle, used] = [cache.begin(9), cache.begin(9)];
    cache.now = 120_000;
    expect(cache.ask({ sessionId: used, sessionEpoch: 1 }, 0)).toBe(used);
    expect(cache.begin(1)).toBe(0);
    cache.now = 120_001;
    expect(cache.begin(1)).toBeGreaterThan(0);
    expect(cache.ask({ sessionId: idle, sessionEpoch: 1 }, 0)).toBe('FETCH_SESSION_ID_NOT_FOUND');
    expect(cache.ask({ sessionId: used, sessionEpoch: 2 }, 0)).toBe(used);
  });

  test('one in use for longer than that makes room for a larger one, the smallest first', () => {
    const cache = new Cache(2);
    const [three, two] = [cache.begin(3), cache.begin(2)];
    for (cache.now = 60_000; cache.now <= 120_000; cache.now += 60_000) {
      for (const sessionId of [three, two]) cache.ask({ sessionId, sessionEpoch: cache.now / 60_000 }, 0);
    }
    expect(cache.begin(9)).toBe(0);
    cache.now = 120_001;
    for (const sessionId of [three, two]) expect(cache.ask({ sessionId, sessionEpoch: 3 }, 0)).toBe(sessionId);
    expect(cache.begin(2)).toBe(0);
    expect(cache.begin(3)).toBeGreaterThan(0);
    expect(cache.ask({ sessionId: two, sessionEpoch: 4 }, 0)).toBe('FETCH_SESSION_ID_NOT_FOUND');
    expect(cache.ask({ sessionId: three, sessionEpoch: 4 }, 0)).toBe(three);
  });

  test('there is none at all when it is switched off', () => {
    expect(new Cache(0).begin(5)).toBe(0);
  });

  test('two answers of one session under way: the older one is void', () => {
    const cache = new Cache(1);
    const sessionId = cache.begin(1);
    const plan = (sessionEpoch: number) => {
      const request = { sessionId, sessionEpoch, topics: [], forgottenTopicsData: [] };
      return cache.sessions.begin(request as unknown as RequestOf<typeof Fetch>, 12);
    };
    const [first, second] = [plan(1), plan(2)];
    if ('code' in first || 'code' in second) throw new Error('both epochs are in order');
    expect(first.finish([]).error.name).toBe('INVALID_FETCH_SESSION_EPOCH');
    expect(second.finish([]).error.name).toBe('NONE');
  });
});
