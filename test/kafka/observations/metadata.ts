/** Metadata, DescribeCluster and FindCoordinator: what a client is told of topics, brokers and coordinators. */
import { DescribeCluster, FindCoordinator, Metadata } from '../../../lib/protocol/apis/index.ts';
import { NO_UUID, type RequestInput } from '../../../lib/protocol/schema.ts';
import { observation } from './observation.ts';
import type { Scene } from './scene.ts';
import { type Plain, tell } from './telling.ts';

type Request = RequestInput<typeof Metadata>;

const STRANGER = 'b2JzZXJ2YXRpb25zb2Zvbg';

/** Brokers are told as places in the list, since their numbers and ports differ. */
async function topicsOf(scene: Scene, request: Request, version?: number): Promise<Plain> {
  const { topics } = await scene.ask(Metadata, request, version);
  // A second try has its names in capitals.
  const key = ({ name }: (typeof topics)[number]) => String(name).toLowerCase();
  const sorted = [...topics].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const own = sorted.map((topic) => ({
    ...topic,
    partitions: [...topic.partitions]
      .sort((a, b) => a.partitionIndex - b.partitionIndex)
      .map((partition) => ({
        ...partition,
        leaderId: partition.leaderId === scene.brokerId ? 'the broker' : partition.leaderId,
        replicaNodes: partition.replicaNodes.map((id) => (id === scene.brokerId ? 'the broker' : id)),
        isrNodes: partition.isrNodes.map((id) => (id === scene.brokerId ? 'the broker' : id)),
      })),
  }));
  return tell(own, { present: ['topicId'] });
}

async function coordinators(scene: Scene, keyType: number, keys: readonly string[], version?: number): Promise<Plain> {
  const [key = ''] = keys;
  const answer = await scene.ask(FindCoordinator, { keyType, key, coordinatorKeys: keys }, version);
  const all = answer.coordinators.length > 0 ? answer.coordinators : [answer];
  return all.map(({ nodeId, host, port, errorCode, errorMessage }) => ({
    broker: nodeId === scene.brokerId && port === scene.address.port ? 'the broker' : `${nodeId} ${host} ${port}`,
    ...(tell({ errorCode, errorMessage }) as object),
  }));
}

export const metadataObservations = [
  observation('a topic in each version of Metadata', async (scene) => {
    const name = await scene.topic('ledger', { partitions: 2 });
    const seen: Plain[] = [];
    for (let version = 0; version <= 12; version++) seen.push(await topicsOf(scene, { topics: [{ name }] }, version));
    return seen;
  }),
  observation('topics by name, and one that is not there', async (scene) => {
    const [b, a] = [await scene.topic('b'), await scene.topic('a')];
    const topics = [a, scene.name('missing'), b].map((name) => ({ name }));
    return topicsOf(scene, { topics, allowAutoTopicCreation: false });
  }),
  observation('the same topic twice', async (scene) => {
    const name = await scene.topic('ledger');
    return topicsOf(scene, { topics: [{ name }, { name }] });
  }),
  observation('topics by id: one, none, and one that nobody has', async (scene) => {
    const name = await scene.topic('ledger');
    const { topicId } = (await scene.ask(Metadata, { topics: [{ name }] })).topics[0];
    const ask = (topics: Request['topics']) => topicsOf(scene, { topics, allowAutoTopicCreation: false });
    return [
      await ask([{ topicId, name: null }]),
      await ask([{ topicId: STRANGER, name: null }]),
      await ask([
        { topicId: STRANGER, name: null },
        { topicId, name: null },
      ]),
    ];
  }),
  observation('topics by id in the versions where it is not yet possible', async (scene) => {
    const name = await scene.topic('ledger');
    const { topicId } = (await scene.ask(Metadata, { topics: [{ name }] })).topics[0];
    const seen: Plain[] = [];
    for (const version of [10, 11]) {
      const answer = await scene.askOrClose(Metadata, { topics: [{ topicId, name: null }] }, version);
      seen.push(answer === 'closed' ? answer : tell(answer.topics, { present: ['topicId'] }));
    }
    return seen;
  }),
  observation('a topic by id and name at once, and by neither', async (scene) => {
    const name = await scene.topic('ledger');
    const { topicId } = (await scene.ask(Metadata, { topics: [{ name }] })).topics[0];
    const seen: Plain[] = [];
    for (const topic of [
      { topicId, name },
      { topicId: NO_UUID, name: null },
    ]) {
      const answer = await scene.askOrClose(Metadata, { topics: [topic], allowAutoTopicCreation: false });
      seen.push(answer === 'closed' ? answer : tell(answer.topics, { present: ['topicId'], without: ['partitions'] }));
    }
    return seen;
  }),
  observation('no topics, and all of them', async (scene) => {
    const name = await scene.topic('ledger');
    const none = await scene.ask(Metadata, { topics: [] });
    const all = await scene.ask(Metadata, { topics: null });
    const old = await scene.ask(Metadata, { topics: [] }, 0);
    const has = (topics: readonly { readonly name: string | null }[]) => topics.some((topic) => topic.name === name);
    return [none.topics.length, has(all.topics), has(old.topics)];
  }),
  observation('a topic is made when somebody asks for it', async (scene) => {
    const name = scene.name('wished');
    const first = await topicsOf(scene, { topics: [{ name }] });
    await scene.until(async () => {
      const { topics } = await scene.ask(Metadata, { topics: [{ name }] });
      return topics[0].errorCode === 0;
    });
    return [first, await topicsOf(scene, { topics: [{ name }] })];
  }),
  observation('a topic is not made when the question forbids it, nor by its id', async (scene) => {
    const name = scene.name('unwished');
    const seen = [await topicsOf(scene, { topics: [{ name }], allowAutoTopicCreation: false })];
    await scene.settled();
    return [...seen, await topicsOf(scene, { topics: [{ name }], allowAutoTopicCreation: false })];
  }),
  observation('names that no topic can have', async (scene) => {
    const names = ['', '.', '..', 'a b', 'a/b', 'ä', 'x'.repeat(249), 'x'.repeat(250)];
    const seen: Plain[] = [];
    for (const allowAutoTopicCreation of [false, true]) {
      for (const name of names.filter((one) => one.length !== 249 || !allowAutoTopicCreation)) {
        seen.push(await topicsOf(scene, { topics: [{ name }], allowAutoTopicCreation }));
      }
    }
    return seen;
  }),
  observation('a name that differs from another only in a dot', async (scene) => {
    await scene.topic('led.ger');
    return topicsOf(scene, { topics: [{ name: scene.name('led_ger') }] });
  }),
  observation('the topic of the groups is internal', async (scene) => {
    await scene.internalTopic();
    const { topics } = await scene.ask(Metadata, { topics: [{ name: '__consumer_offsets' }] });
    return [topics[0].isInternal, topics[0].partitions.length];
  }),
  observation('what is allowed on topics and the cluster, for who asks', async (scene) => {
    const name = await scene.topic('ledger');
    const seen: Plain[] = [];
    for (const version of [8, 10, 12]) {
      const request = {
        topics: [{ name }, { name: scene.name('missing') }],
        allowAutoTopicCreation: false,
        includeTopicAuthorizedOperations: true,
        includeClusterAuthorizedOperations: true,
      };
      const { topics, clusterAuthorizedOperations } = await scene.ask(Metadata, request, version);
      seen.push([
        ...topics.map(({ topicAuthorizedOperations }) => topicAuthorizedOperations),
        clusterAuthorizedOperations,
      ]);
    }
    return seen;
  }),
  observation('brokers, controller and cluster', async (scene) => {
    const { brokers, controllerId, clusterId } = await scene.ask(Metadata, { topics: [] });
    const seen = brokers.map(({ nodeId, port, rack }) => [
      nodeId === scene.brokerId,
      port === scene.address.port,
      rack,
    ]);
    return [seen, controllerId === scene.brokerId, clusterId?.length ?? null];
  }),
  observation('the cluster as it is described', async (scene) => {
    const seen: Plain[] = [];
    for (const request of [{}, { endpointType: 1 }, { endpointType: 2 }, { endpointType: 9 }]) {
      const { errorCode, endpointType, clusterId, controllerId, brokers, clusterAuthorizedOperations } =
        await scene.ask(DescribeCluster, request);
      const places = brokers.map(({ brokerId, port }) => [brokerId === scene.brokerId, port === scene.address.port]);
      const named = [clusterId.length, controllerId === scene.brokerId ? 'the broker' : controllerId];
      seen.push([tell({ errorCode }), endpointType, ...named, places, clusterAuthorizedOperations]);
    }
    return seen;
  }),
  observation('the cluster described in version 0, and what is allowed on it', async (scene) => {
    const old = await scene.ask(DescribeCluster, { includeClusterAuthorizedOperations: true }, 0);
    const asked = await scene.ask(DescribeCluster, { includeClusterAuthorizedOperations: true });
    return [old.clusterAuthorizedOperations, asked.clusterAuthorizedOperations, old.brokers.length];
  }),
  observation('the coordinator of a group, in each version', async (scene) => {
    await scene.internalTopic();
    const seen: Plain[] = [];
    for (let version = 0; version <= 4; version++)
      seen.push(await coordinators(scene, 0, [scene.name('group')], version));
    return seen;
  }),
  observation('the coordinators of several groups, and of none', async (scene) => {
    await scene.internalTopic();
    const keys = ['one', 'two', 'one'].map((label) => scene.name(label));
    return [
      await coordinators(scene, 0, keys),
      (await scene.ask(FindCoordinator, { coordinatorKeys: [] })).coordinators.length,
    ];
  }),
  observation('the coordinator of a group without a name', async (scene) => {
    await scene.internalTopic();
    const seen: Plain[] = [];
    for (const version of [0, 3, 4]) seen.push(await coordinators(scene, 0, [''], version));
    return seen;
  }),
  observation('the coordinator of something that does not exist', async (scene) => {
    const seen: Plain[] = [];
    for (const [keyType, version] of [
      [3, 4],
      [9, 3],
      [-1, 2],
    ]) {
      const request = { keyType, key: 'key', coordinatorKeys: ['key'] };
      const answer = await scene.askOrClose(FindCoordinator, request, version);
      seen.push(answer === 'closed' ? answer : tell(answer, { without: ['host', 'port', 'nodeId'] }));
    }
    return seen;
  }),
];
