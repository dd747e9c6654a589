/** What one request can make a broker answer: a name that is repeated adds nothing, and there is an end to everything. */
import { describe, expect, test } from 'vitest';
import { CloseConnection, Dispatcher, route } from '../../lib/broker/dispatch.ts';
import type { Services } from '../../lib/broker/services.ts';
import { concat } from '../../lib/bytes/writer.ts';
import {
  BROKER_RESOURCE,
  DescribeConfigs,
  DescribeGroups,
  Fetch,
  FindCoordinator,
  ListOffsets,
  Metadata,
  OffsetFetch,
  TOPIC_RESOURCE,
} from '../../lib/protocol/apis/index.ts';
import { Errors, errorOf } from '../../lib/protocol/errors.ts';
import { encodeRequest } from '../../lib/protocol/frame.ts';
import { onStage } from './stage.ts';

const topics = { ledger: 1 };

describe('what is named again and again is answered once', () => {
  test(
    'groups that are described',
    onStage(async (stage) => {
      const client = await stage.client();
      const { groups } = await client.ask(DescribeGroups, { groups: ['bank', 'none', 'bank'] });
      expect(groups.map(({ groupId }) => groupId)).toEqual(['bank', 'none']);
    }),
  );

  test(
    'groups whose offsets are asked for: the last time counts',
    onStage(
      async (stage) => {
        const client = await stage.client();
        await client.ask(FindCoordinator, { coordinatorKeys: ['bank'] });
        await stage.sleep(100);
        const asked = [0, 1].map((partition) => [{ name: 'ledger', partitionIndexes: [partition] }]);
        const { groups } = await client.ask(OffsetFetch, {
          groups: asked.map((wanted) => ({ groupId: 'bank', topics: wanted })),
        });
        expect(groups.flatMap((group) => group.topics[0].partitions.map((one) => one.partitionIndex))).toEqual([1]);
      },
      { topics },
    ),
  );

  test(
    'topics and brokers whose settings are asked for: the last time counts',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const ledger = { resourceType: TOPIC_RESOURCE, resourceName: 'ledger' };
        const broker = { resourceType: BROKER_RESOURCE, resourceName: '0', configurationKeys: ['log.segment.bytes'] };
        const { results } = await client.ask(DescribeConfigs, {
          resources: [ledger, broker, { ...ledger, configurationKeys: ['segment.bytes'] }],
        });
        expect(results.map(({ configs }) => configs.map(({ name }) => name))).toEqual([
          ['segment.bytes'],
          ['log.segment.bytes'],
        ]);
      },
      { topics },
    ),
  );

  test(
    'a topic that is named, whatever id stands beside the name',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const ids = ['AAAAAAAAAAAAAAAAAAAAAg', 'AAAAAAAAAAAAAAAAAAAAAw'];
        const asked = await client.ask(Metadata, { topics: ids.map((topicId) => ({ name: 'ledger', topicId })) });
        expect(asked.topics.map(({ name }) => name)).toEqual(['ledger']);
      },
      { topics },
    ),
  );

  test(
    'partitions whose offsets are looked for: twice is an error, in one entry of their topic or in two',
    onStage(
      async (stage) => {
        const client = await stage.client();
        const entry = (...partitions: number[]) => ({
          name: 'ledger',
          partitions: partitions.map((partitionIndex) => ({ partitionIndex, timestamp: -3 })),
        });
        const asked = await client.ask(ListOffsets, { topics: [entry(0), entry(1, 0), entry(0)] });
        expect(asked.topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([['ledger', 2]]);
        expect(asked.topics[0].partitions.map(({ errorCode }) => errorOf(errorCode).name)).toEqual([
          'INVALID_REQUEST',
          'UNKNOWN_TOPIC_OR_PARTITION',
        ]);
      },
      { topics },
    ),
  );
});

describe('an answer', () => {
  const bytes = new Uint8Array(101 << 20);

  test('that is too large is not made: the connection ends, and says why', async () => {
    const member = { memberId: 'm', clientId: 'c', clientHost: '/h', memberMetadata: bytes, memberAssignment: bytes };
    const group = { ...{ errorCode: 0, groupId: 'g', groupState: '', protocolType: '', protocolData: '' } };
    const answerAll = route(DescribeGroups, () => ({ groups: [{ ...group, members: [member] }] }));
    const header = { apiVersion: 5, correlationId: 1, clientId: null };
    const frame = concat(encodeRequest(DescribeGroups, header, { groups: ['g'] })).subarray(4);
    const answer = new Dispatcher({} as Services, [answerAll]).decode(frame, 'somebody:1').answer();
    await expect(answer).rejects.toThrow(CloseConnection);
    await expect(answer).rejects.toThrow('the answer to DescribeGroups would have more than 104857600 bytes');
  });

  test('may have any number of records', async () => {
    const partition = { partitionIndex: 0, errorCode: Errors.NONE.code, highWatermark: 1, records: bytes };
    const answerAll = route(Fetch, () => ({ responses: [{ topic: 'ledger', partitions: [partition] }] }));
    const header = { apiVersion: 12, correlationId: 1, clientId: null };
    const frame = concat(encodeRequest(Fetch, header, { maxWaitMs: 0, minBytes: 0, topics: [] })).subarray(4);
    const answer = await new Dispatcher({} as Services, [answerAll]).decode(frame, 'somebody:1').answer();
    expect(answer?.includes(bytes)).toBe(true);
  });
});
