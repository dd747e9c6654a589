/** Clients of a cluster of two, played by toys: what happens when a leader moves, a broker goes, or metadata is wrong. */
import { expect, test } from 'vitest';
import { openKafka } from '../../lib/client/index.ts';
import { Fetch, InitProducerId, ListOffsets, Metadata, Produce } from '../../lib/protocol/apis/index.ts';
import { Errors } from '../../lib/protocol/errors.ts';
import { readBatchHeader } from '../../lib/records/batch.ts';
import { aroundKafka } from '../../lib/sim/foreground.ts';
import { type Asked, Toy } from '../wire/toyBroker.ts';
import { failure } from './stage.ts';

const brokers = [0, 1].map((nodeId) => ({ nodeId, host: `broker-${nodeId}`, port: 9092 }));

/** Two brokers and one topic of one partition; whoever is not the leader says so. */
class ToyCluster {
  readonly toy = new Toy();
  leader = 0;
  leaderEpoch = 1;
  /** What the brokers tell about the leader; undefined: the truth. */
  claim: { leader: number; leaderEpoch: number } | undefined;
  readonly produced: { broker: number; sequence: number }[] = [];
  readonly clients = openKafka({
    host: (name) => ({ ...this.toy.world.process(name).host(), name }),
    bootstrap: [{ host: 'broker-0', port: 9092 }],
  });
  readonly kafka = aroundKafka(this.clients, {}, (_, promise) => this.toy.drive(promise));

  async start(): Promise<this> {
    for (const { nodeId, host, port } of brokers) {
      await this.toy.listen((asked) => this.#respond(nodeId, asked), {}, { host, port });
    }
    return this;
  }

  requests(apiName: string): string[] {
    const { events } = this.toy.host.trace;
    return events.filter(({ detail }) => detail.api === apiName).map(({ detail }) => String(detail.to));
  }

  async #respond(nodeId: number, asked: Asked): Promise<void> {
    const { apiKey } = asked.header;
    const error = nodeId === this.leader ? 0 : Errors.NOT_LEADER_OR_FOLLOWER.code;
    if (apiKey === Metadata.key) asked.answer(this.#metadata());
    else if (apiKey === InitProducerId.key) asked.answer({ errorCode: 0, producerId: 7, producerEpoch: 0 });
    else if (apiKey === Produce.key) asked.answer(this.#produce(nodeId, asked, error));
    else if (apiKey === ListOffsets.key) asked.answer(listed(error));
    else if (apiKey === Fetch.key) {
      await this.toy.host.clock.sleep(100);
      asked.answer(fetched(asked, error));
    }
  }

  #metadata() {
    const { leader, leaderEpoch } = this.claim ?? this;
    const partition = {
      errorCode: 0,
      partitionIndex: 0,
      leaderId: leader,
      leaderEpoch,
      replicaNodes: [0, 1],
      isrNodes: [0, 1],
    };
    const topics = [
      {
        errorCode: 0,
        name: 'ledger',
        topicId: 'AAAAAAAAAAAAAAAAAAAABA',
        partitions: [{ ...partition, offlineReplicas: [] }],
      },
    ];
    return { brokers, controllerId: 0, topics };
  }

  #produce(broker: number, { body }: Asked, errorCode: number) {
    const [{ partitionData }] = body.topicData as { partitionData: { records: Uint8Array }[] }[];
    if (errorCode === 0)
      this.produced.push({ broker, sequence: readBatchHeader(partitionData[0].records).baseSequence });
    const answer = {
      index: 0,
      errorCode,
      baseOffset: errorCode === 0 ? this.produced.length - 1 : -1,
      recordErrors: [],
    };
    return { responses: [{ name: 'ledger', partitionResponses: [answer] }] };
  }
}

function listed(errorCode: number) {
  return { topics: [{ name: 'ledger', partitions: [{ partitionIndex: 0, errorCode, offset: 0 }] }] };
}

function fetched({ body }: Asked, errorCode: number) {
  const [{ topicId }] = body.topics as { topicId: string }[];
  const partition = { partitionIndex: 0, errorCode, highWatermark: 0, records: new Uint8Array(0) };
  return { responses: [{ topicId, partitions: [partition] }] };
}

test('a producer whose leader has moved finds the new one, and keeps its numbers', async () => {
  const cluster = await new ToyCluster().start();
  const producer = cluster.kafka.producer();
  const send = () => producer.send({ topic: 'ledger', value: 'x' });
  expect((await send()).offset).toBe(0);
  cluster.leader = 1;
  cluster.leaderEpoch = 2;
  expect((await send()).offset).toBe(1);
  expect((await send()).offset).toBe(2);
  expect(cluster.produced).toEqual([
    { broker: 0, sequence: 0 },
    { broker: 1, sequence: 1 },
    { broker: 1, sequence: 2 },
  ]);
  await cluster.kafka.close();
});

test('metadata from a broker that lags behind does not send the client back to the old leader', async () => {
  const cluster = await new ToyCluster().start();
  cluster.leader = 1;
  cluster.leaderEpoch = 2;
  const producer = cluster.kafka.producer({ metadataMaxAgeMs: 1000 });
  await producer.send({ topic: 'ledger', value: 'x' });
  cluster.claim = { leader: 0, leaderEpoch: 1 };
  await cluster.toy.drive(cluster.toy.host.clock.sleep(5000));
  await producer.send({ topic: 'ledger', value: 'y' });
  expect(cluster.requests('Produce')).toEqual(['broker-1:9092', 'broker-1:9092']);
  await cluster.kafka.close();
});

test('a partition without a leader is waited for, without asking all the time', async () => {
  const cluster = await new ToyCluster().start();
  cluster.claim = { leader: -1, leaderEpoch: 1 };
  const producer = cluster.kafka.producer();
  const sent = producer.send({ topic: 'ledger', value: 'x' });
  await cluster.toy.drive(cluster.toy.host.clock.sleep(10_000));
  const asked = cluster.requests('Metadata').length;
  expect(asked).toBeGreaterThan(5);
  expect(asked).toBeLessThan(20);
  cluster.claim = undefined;
  expect((await sent).offset).toBe(0);
  await cluster.kafka.close();
});

test('a leader that stays wrong is asked with pauses, until the delivery is given up', async () => {
  const cluster = await new ToyCluster().start();
  cluster.leader = 1;
  cluster.claim = { leader: 0, leaderEpoch: 1 };
  const producer = cluster.kafka.producer({ deliveryTimeoutMs: 10_000 });
  const error = await failure(producer.send({ topic: 'ledger', value: 'x' }));
  expect(error.name).toBe('DeliveryTimedOutError');
  expect(error.message).toContain('NOT_LEADER_OR_FOLLOWER');
  expect(cluster.requests('Produce').length).toBeLessThan(20);
  await cluster.kafka.close();
});

test('a consumer whose leader has moved fetches from the new one, and asks the old one with pauses', async () => {
  const cluster = await new ToyCluster().start();
  const consumer = cluster.kafka.consumer({ autoOffsetReset: 'earliest' });
  await consumer.assign([{ topic: 'ledger', partition: 0 }]);
  expect(await consumer.poll('1 s')).toEqual([]);
  expect(new Set(cluster.requests('Fetch'))).toEqual(new Set(['broker-0:9092']));
  cluster.leader = 1;
  cluster.claim = { leader: 0, leaderEpoch: 1 };
  const before = cluster.requests('Fetch').length;
  expect(await consumer.poll('10 s')).toEqual([]);
  expect(cluster.requests('Fetch').length - before).toBeLessThan(100);
  cluster.claim = undefined;
  cluster.leaderEpoch = 2;
  await consumer.poll('2 s');
  expect(cluster.requests('Fetch').at(-1)).toBe('broker-1:9092');
  await cluster.kafka.close();
});

test('closing everything leaves nothing behind that would still send or wait', async () => {
  const cluster = await new ToyCluster().start();
  const producer = cluster.kafka.producer();
  await producer.send({ topic: 'ledger', value: 'x' });
  const consumer = cluster.kafka.consumer();
  await consumer.assign([{ topic: 'ledger', partition: 0 }]);
  await consumer.poll('1 s');
  await cluster.kafka.admin().describeTopics(['ledger']);
  await cluster.kafka.close();
  await cluster.kafka.close();
  const sent = cluster.toy.host.trace.count;
  const { events } = cluster.toy.world.drive;
  await cluster.toy.drive(cluster.toy.host.clock.sleep(3_000_000));
  expect(cluster.toy.host.trace.count).toBe(sent);
  // The toy's last answer is on its way; no timer of a client ever rings.
  expect(cluster.toy.world.drive.events - events).toBeLessThan(20);
});
