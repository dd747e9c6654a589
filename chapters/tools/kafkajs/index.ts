/**
 * What cells import as `course/kafkajs`: stock kafkajs, unchanged, as a program in a simulated world.
 *
 * Each call evaluates a copy of kafkajs for one process, with the timers, the clock, the dice and the network of that process. So a run with it is
 * as repeatable as one with our own client, its seconds are virtual too, and it can be crashed and frozen. In Node the files come from
 * node_modules; the page has them as a part, which it loads when a cell names it.
 */
import type { KafkaConfig, PartitionAssigner, Kafka as Stock } from 'kafkajs';
import type { Assignor, Kafka } from '../../../lib/index.ts';
import { globalsOf } from './globals.ts';
import { loadKafkajs } from './load.cjs';
import { type Destination, Socket } from './socket.ts';

/**
 * A `Kafka` of stock kafkajs that lives in the process of `own`, and knows the brokers of its world. Everything else has the defaults of kafkajs, but for its log,
 * which is silent; `config` changes them.
 *
 * Time moves only while somebody waits for the world, and kafkajs does not know that: so start it in a task.
 *
 * ```ts
 * await kafka.world.spawn('stranger', async (own) => {
 *   const producer = kafkajsIn(own).producer();
 *   await producer.connect();
 *   await producer.send({ topic: 'account', messages: [{ key: 'Ada', value: '+100' }] });
 * }).done;
 * ```
 */
export function kafkajsIn(own: Kafka, config: Partial<KafkaConfig> = {}): Stock {
  const { doors } = own.world;
  const { kafkajs, Buffer } = loadKafkajs(globalsOf(doors));
  const socketFactory = (to: Destination) => new Socket(doors.network, to, (bytes) => Buffer.from(bytes));
  return new kafkajs.Kafka({
    brokers: own.bootstrap.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
    socketFactory: socketFactory as unknown as KafkaConfig['socketFactory'],
    ...config,
  });
}

/**
 * A strategy in the form in which kafkajs takes one, in `partitionAssigners`: so a member that runs kafkajs can vote for it, and divide by it when it leads.
 * What members tell about themselves beyond their topics is not passed on.
 */
export function assignerIn(own: Kafka, { name, assign }: Assignor): PartitionAssigner {
  const { kafkajs, Buffer } = loadKafkajs(globalsOf(own.world.doors));
  const { MemberMetadata, MemberAssignment } = kafkajs.AssignerProtocol;
  const nothing = Buffer.from('');
  return ({ cluster }) => ({
    name,
    version: 0,
    protocol: ({ topics }) => ({ name, metadata: MemberMetadata.encode({ version: 0, topics, userData: nothing }) }),
    async assign({ members, topics }) {
      const group = members.map(({ memberId, memberMetadata }) => {
        const wanted = MemberMetadata.decode(memberMetadata)?.topics ?? [];
        const tells = { groupInstanceId: null, ownedPartitions: [], generationId: -1, userData: null };
        return { memberId, topics: wanted, ...tells };
      });
      const counts = new Map(topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length]));
      return [...assign(group, counts)].map(([memberId, partitions]) => {
        const assignment: Record<string, number[]> = {};
        for (const { topic, partition } of partitions) assignment[topic] = [...(assignment[topic] ?? []), partition];
        return { memberId, memberAssignment: MemberAssignment.encode({ version: 0, assignment, userData: nothing }) };
      });
    },
  });
}
