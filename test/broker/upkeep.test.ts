import { describe, expect, test } from 'vitest';
import { OFFSETS_TOPIC } from '../../lib/cluster/topicName.ts';
import { CreateTopics, FindCoordinator, ListOffsets, OffsetCommit, Produce } from '../../lib/protocol/apis/index.ts';
import { errorOf } from '../../lib/protocol/errors.ts';
import { batchesIn, decodeBatch, encodeBatch } from '../../lib/records/batch.ts';
import { WALL_START_MS } from '../../lib/sim/clock.ts';
import { batchOf, type Client, onStage, type Stage } from './stage.ts';

const codecs = {
  prepare: async () => {},
  compress: (_: string, bytes: Uint8Array) => bytes,
  decompress: (_: string, bytes: Uint8Array) => bytes,
};

/** The clients of these tests say nothing for hours and want to be there still. */
const patient = { 'connections.max.idle.ms': '-1' };

/** A batch of one record with this key, at the stage's time. */
function keyed(stage: Stage, key: string | null, value: string | null): Uint8Array {
  const bytes = (text: string | null) => (text === null ? null : new TextEncoder().encode(text));
  const timestamp = WALL_START_MS + stage.now;
  return encodeBatch([{ timestamp, key: bytes(key), value: bytes(value), headers: [] }], {}, codecs);
}

async function create(client: Client, name: string, settings: Record<string, string>): Promise<void> {
  const configs = Object.entries(settings).map(([config, value]) => ({ name: config, value }));
  const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs };
  const { topics } = await client.ask(CreateTopics, { topics: [topic], timeoutMs: 1_000 });
  expect(errorOf(topics[0].errorCode).name).toBe('NONE');
}

async function produce(client: Client, name: string, records: Uint8Array) {
  const topicData = [{ name, partitionData: [{ index: 0, records }] }];
  const { responses } = await client.ask(Produce, { acks: -1, timeoutMs: 1_000, topicData });
  return responses[0].partitionResponses[0];
}

async function beginning(client: Client, name: string): Promise<number> {
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -2 }];
  const { topics } = await client.ask(ListOffsets, { replicaId: -1, topics: [{ name, partitions }] });
  return topics[0].partitions[0].offset;
}

/** What a reader of the whole topic ends up with. */
async function tableOf(stage: Stage, name: string): Promise<Record<string, string>> {
  const table: Record<string, string> = {};
  const [{ log, highWatermark }] = stage.broker.topics.named(name)?.partitions ?? [];
  const text = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes ?? new Uint8Array(0));
  for (let offset = log.logStartOffset; offset < highWatermark; ) {
    for (const { header, bytes } of batchesIn(await log.read(offset, 10_000, highWatermark))) {
      for (const { key, value } of decodeBatch(bytes, codecs)) table[text(key)] = text(value);
      offset = header.baseOffset + header.lastOffsetDelta + 1;
    }
  }
  return table;
}

describe('a topic with retention', () => {
  test(
    'loses its oldest segments when the time has come, and keeps those that came later',
    onStage(async (stage) => {
      const client = await stage.client();
      await create(client, 'ledger', { 'retention.ms': '600000', 'segment.ms': '60000' });
      await produce(client, 'ledger', keyed(stage, 'a', '1'));
      await stage.sleep(400_000);
      await produce(client, 'ledger', keyed(stage, 'a', '2'));
      expect(await beginning(client, 'ledger')).toBe(0);
      await stage.sleep(520_000);
      expect(await beginning(client, 'ledger')).toBe(1);
      await stage.sleep(600_000);
      expect(await beginning(client, 'ledger')).toBe(2);
      expect((await produce(client, 'ledger', keyed(stage, 'a', '3'))).baseOffset).toBe(2);
    }),
  );

  test(
    'goes by the setting of the broker where it has none',
    onStage(
      async (stage) => {
        const client = await stage.client();
        await produce(client, 'ledger', keyed(stage, 'a', '1'));
        await stage.sleep(20 * 60_000);
        expect(await beginning(client, 'ledger')).toBe(0);
        await stage.sleep(20 * 60_000);
        expect(await beginning(client, 'ledger')).toBe(1);
      },
      { topics: { ledger: 1 }, config: { 'log.retention.minutes': '30', ...patient } },
    ),
  );
});

describe('a compacted topic', () => {
  const compacted = { 'cleanup.policy': 'compact', 'segment.bytes': '200', 'min.cleanable.dirty.ratio': '0.01' };

  test(
    'is compacted within log.cleaner.backoff.ms',
    onStage(async (stage) => {
      const client = await stage.client();
      await create(client, 'accounts', compacted);
      for (let index = 0; index < 10; index++) await produce(client, 'accounts', keyed(stage, 'Ada', `${index}`));
      await stage.sleep(16_000);
      const [{ detail }, ...more] = stage.events('log.compacted');
      expect(more).toEqual([]);
      expect(Number(detail?.bytesAfter)).toBeLessThan(Number(detail?.bytesBefore));
      expect(await beginning(client, 'accounts')).toBe(0);
    }),
  );

  test('is the same table after a loss of power at any step of its compaction', async () => {
    const settings = { ...compacted, 'flush.messages': '1' };
    const values = Array.from({ length: 14 }, (_, index) => [`key-${index % 3}`, `${index}`] as const);
    const table = Object.fromEntries(values);
    for (let crashAt = 1; ; crashAt++) {
      let steps = 0;
      let isCounting = false;
      await onStage(async (stage) => {
        stage.crash();
        await stage.start(undefined, () => {
          if (isCounting && ++steps === crashAt) stage.crash();
        });
        const client = await stage.client();
        await create(client, 'accounts', settings);
        for (const [key, value] of values) await produce(client, 'accounts', keyed(stage, key, value));
        isCounting = true;
        await stage.sleep(16_000);
        isCounting = false;
        stage.crash();
        stage.world.disk('broker-0').losePower();
        await stage.start();
        expect(await tableOf(stage, 'accounts'), `step ${crashAt}`).toEqual(table);
        expect((await produce(await stage.client(), 'accounts', keyed(stage, 'new', ''))).baseOffset).toBe(14);
      })();
      if (steps < crashAt) {
        expect(crashAt, 'there was something to crash').toBeGreaterThan(20);
        return;
      }
    }
  });

  test(
    'takes no record without a key, and says which one it was',
    onStage(async (stage) => {
      const client = await stage.client();
      await create(client, 'accounts', compacted);
      const refused = await produce(client, 'accounts', keyed(stage, null, '1'));
      expect(errorOf(refused.errorCode).name).toBe('INVALID_RECORD');
      expect(refused.recordErrors).toMatchObject([{ batchIndex: 0 }]);
      expect((await produce(client, 'accounts', keyed(stage, 'Ada', '1'))).errorCode).toBe(0);
    }),
  );
});

test(
  'a topic with LogAppendTime has the time of the broker, and its producer is told',
  onStage(async (stage) => {
    const client = await stage.client();
    await create(client, 'ledger', { 'message.timestamp.type': 'LogAppendTime' });
    const { logAppendTimeMs } = await produce(client, 'ledger', batchOf(['a'], {}, 1_000));
    expect(logAppendTimeMs).toBeGreaterThanOrEqual(WALL_START_MS);
    expect((await produce(client, 'ledger', batchOf(['a'], {}, 1_000))).baseOffset).toBe(1);
  }),
);

describe('the offsets of a group', () => {
  const config = { ...patient, 'offsets.retention.minutes': '20', 'offsets.topic.num.partitions': '1' };

  async function commit(client: Client, offset: number): Promise<void> {
    for (;;) {
      await client.ask(FindCoordinator, { keyType: 0, coordinatorKeys: ['bank'] });
      const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: null }];
      const member = { groupId: 'bank', generationId: -1, memberId: '' };
      const { topics } = await client.ask(OffsetCommit, { ...member, topics: [{ name: 'ledger', partitions }] });
      if (topics[0].partitions[0].errorCode === 0) return;
    }
  }

  test(
    'are forgotten after offsets.retention.minutes, for good',
    onStage(
      async (stage) => {
        const client = await stage.client();
        await commit(client, 5);
        await stage.sleep(15 * 60_000);
        expect(await client.committed('bank', 'ledger', 0)).toBe(5);
        await stage.sleep(20 * 60_000);
        expect(await client.committed('bank', 'ledger', 0)).toBe(-1);
        stage.crash();
        await stage.start();
        const again = await stage.client();
        await stage.sleep(1_000);
        expect(await again.committed('bank', 'ledger', 0)).toBe(-1);
      },
      { topics: { ledger: 1 }, config },
    ),
  );

  test(
    'survive the compaction of the topic that they are kept in',
    onStage(
      async (stage) => {
        const client = await stage.client();
        for (let offset = 1; offset <= 40; offset++) await commit(client, offset);
        await stage.sleep(400_000);
        expect(stage.events('log.compacted').length).toBeGreaterThan(0);
        expect(stage.broker.topics.named(OFFSETS_TOPIC)?.configs).toMatchObject({ 'cleanup.policy': 'compact' });
        stage.crash();
        await stage.start();
        const again = await stage.client();
        await stage.sleep(1_000);
        expect(await again.committed('bank', 'ledger', 0)).toBe(40);
      },
      { topics: { ledger: 1 }, config: { ...config, 'offsets.topic.segment.bytes': '1000' } },
    ),
  );
});

test(
  'a broker that stops leaves no timer behind, whatever it was doing',
  onStage(
    async (stage) => {
      const client = await stage.client();
      await produce(client, 'ledger', batchOf(['a']));
      await stage.sleep(299_990);
      await stage.broker.close();
      const stopped = stage.world.trace.events.length;
      await stage.sleep(2_000_000);
      expect(stage.world.trace.events.slice(stopped).filter(({ node }) => node === 'broker-0')).toEqual([]);
    },
    { topics: { ledger: 1 } },
  ),
);
