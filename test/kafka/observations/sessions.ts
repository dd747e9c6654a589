/** Fetch sessions (KIP-227): a client names its partitions once, and the broker answers for those of which there is news. */
import { Fetch } from '../../../lib/protocol/apis/index.ts';
import type { RequestInput } from '../../../lib/protocol/schema.ts';
import { batchesIn } from '../../../lib/records/batch.ts';
import { observation } from './observation.ts';
import type { Scene } from './scene.ts';
import { nameOf, type Plain } from './telling.ts';

type Request = RequestInput<typeof Fetch>;
type Topic = Request['topics'][number];

const from = (fetchOffset: number, partition = 0) => ({ partition, fetchOffset, partitionMaxBytes: 1 << 20 });

/** One client with one session after the other: each step is told in a line. */
class SessionClient {
  readonly seen: Plain[] = [];
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Asks within a session and tells what came; answers the id of the session. */
  async fetch(
    [sessionId, sessionEpoch]: readonly [number, number],
    topics: readonly Topic[],
    given: Partial<Request> = {},
    version = 12,
  ): Promise<number> {
    const request = { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, sessionId, sessionEpoch, topics, ...given };
    const response = await this.#scene.ask(Fetch, request, version);
    const partitions = response.responses.flatMap((topic) =>
      topic.partitions.map((one) => {
        const bases = [...batchesIn(one.records ?? new Uint8Array(0))].map(({ header }) => header.baseOffset);
        return `${one.partitionIndex} ${nameOf(one.errorCode)} [${one.logStartOffset} ${one.highWatermark}] ${bases}`;
      }),
    );
    const session = response.sessionId === 0 ? 'none' : response.sessionId === sessionId ? 'the same' : 'a new one';
    this.seen.push([nameOf(response.errorCode), session, ...partitions]);
    return response.sessionId;
  }
}

export const sessionObservations = [
  observation('what is told in each step of a session', async (scene) => {
    const ledger = await scene.topic('ledger', { partitions: 3, records: 1 });
    const client = new SessionClient(scene);
    const wanted = (...partitions: ReturnType<typeof from>[]) => [{ topic: ledger, partitions }];
    const id = await client.fetch([0, 0], wanted(from(0), from(0, 1), from(0, 2)));
    await client.fetch([id, 1], wanted(from(1)));
    await scene.append(ledger, { index: 2 });
    await client.fetch([id, 2], []);
    await client.fetch([id, 3], []);
    await client.fetch([id, 4], wanted(from(5, 1)));
    await client.fetch([id, 5], wanted(from(0, 1), from(1, 2)));
    await client.fetch([id, 6], [], { forgottenTopicsData: [{ topic: ledger, partitions: [2] }] });
    await client.fetch([id, 7], [{ topic: scene.name('missing'), partitions: [from(0)] }]);
    await client.fetch([id, 9], []);
    await client.fetch([id, 7], []);
    await client.fetch([12345, 1], []);
    await client.fetch([id, -1], wanted(from(0)));
    await client.fetch([id, 8], []);
    const short = await client.fetch([0, 0], wanted(from(1)));
    await client.fetch([short, 1], [], { forgottenTopicsData: [{ topic: ledger, partitions: [0] }] });
    await client.fetch([short, 2], []);
    return client.seen;
  }),
  observation('whose turn it is when there is room for one batch', async (scene) => {
    const ledger = await scene.topic('ledger', { partitions: 3 });
    for (const index of [0, 1, 2]) await scene.append(ledger, { index });
    const client = new SessionClient(scene);
    const all = [{ topic: ledger, partitions: [from(0), from(0, 1), from(0, 2)] }];
    const id = await client.fetch([0, 0], all, { maxBytes: 1 });
    for (let epoch = 1; epoch <= 4; epoch++) await client.fetch([id, epoch], [], { maxBytes: 1 });
    return client.seen;
  }),
  observation('no session is begun by a request of epoch -1, nor before version 7', async (scene) => {
    const ledger = await scene.topic('ledger', { records: 1 });
    const client = new SessionClient(scene);
    const wanted = [{ topic: ledger, partitions: [from(0)] }];
    await client.fetch([0, -1], wanted);
    await client.fetch([0, 0], wanted, {}, 4);
    await client.fetch([0, 0], wanted, {}, 6);
    await client.fetch([0, 0], wanted, {}, 7);
    return client.seen;
  }),
  observation('epochs that a session does not expect', async (scene) => {
    const ledger = await scene.topic('ledger', { records: 1 });
    const client = new SessionClient(scene);
    const wanted = [{ topic: ledger, partitions: [from(0)] }];
    const id = await client.fetch([0, 0], wanted);
    await client.fetch([id, 2], []);
    await client.fetch([id, 1], []);
    await client.fetch([id, 1], []);
    await client.fetch([id, -2], []);
    await client.fetch([0, 1], wanted);
    await client.fetch([0, 5], wanted);
    await client.fetch([id, 2], []);
    return client.seen;
  }),
  observation('a new session may take the place of an old one', async (scene) => {
    const ledger = await scene.topic('ledger', { records: 1 });
    const client = new SessionClient(scene);
    const wanted = [{ topic: ledger, partitions: [from(0)] }];
    const id = await client.fetch([0, 0], wanted);
    const next = await client.fetch([id, 0], wanted);
    await client.fetch([id, 1], []);
    await client.fetch([next, 1], []);
    return client.seen;
  }),
  observation('a session without partitions', async (scene) => {
    const client = new SessionClient(scene);
    const id = await client.fetch([0, 0], []);
    await client.fetch([id, 1], []);
    return client.seen;
  }),
  observation('the first answer of a session tells of every partition, and the next only of news', async (scene) => {
    const ledger = await scene.topic('ledger', { partitions: 2 });
    const client = new SessionClient(scene);
    const id = await client.fetch([0, 0], [{ topic: ledger, partitions: [from(0), from(0, 1)] }]);
    await client.fetch([id, 1], []);
    await scene.append(ledger, { index: 1 });
    await client.fetch([id, 2], []);
    await client.fetch([id, 3], [{ topic: ledger, partitions: [from(1, 1)] }]);
    await client.fetch([id, 4], []);
    return client.seen;
  }),
  observation('a session by ids learns that it was begun by names', async (scene) => {
    const ledger = await scene.topic('ledger', { records: 1 });
    const client = new SessionClient(scene);
    const id = await client.fetch([0, 0], [{ topic: ledger, partitions: [from(0)] }]);
    await client.fetch([id, 1], [], {}, 13);
    await client.fetch([id, 1], []);
    return client.seen;
  }),
  observation('forgetting what was never asked for', async (scene) => {
    const ledger = await scene.topic('ledger', { records: 1 });
    const client = new SessionClient(scene);
    const id = await client.fetch([0, 0], [{ topic: ledger, partitions: [from(0)] }]);
    const forgottenTopicsData = [
      { topic: ledger, partitions: [7] },
      { topic: scene.name('missing'), partitions: [0] },
    ];
    await client.fetch([id, 1], [], { forgottenTopicsData });
    await client.fetch([id, 2], []);
    return client.seen;
  }),
];
