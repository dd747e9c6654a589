/** Chapter 08: the topic in which coordinators keep what they know. */
import { logAbout, recordsAbout } from '../tools/recorded/offsetsLog.ts';
import { type ChapterObservations, coordinatorSource, kip, source } from './observation.ts';
import { read, type Scene } from './scene.ts';

const OFFSETS = '__consumer_offsets';

/** The log of the group of the scene, under the names of the chapter. */
async function lines({ kafka, name }: Scene): Promise<string[]> {
  const log = await logAbout(kafka, name);
  return log.replaceAll(`, ${name} `, ', account ').replaceAll(name, 'ledger').split('\n');
}

export const observations: ChapterObservations = {
  sources: [
    coordinatorSource('GroupCoordinatorService.java'),
    coordinatorSource('OffsetMetadataManager.java'),
    source('clients/src/main/java/org/apache/kafka/common/utils', 'Utils.java'),
    source('group-coordinator/src/main/resources/common/message', 'OffsetCommitKey.json'),
    kip(211, 'Revise Expiration Semantics of Consumer Group Offsets'),
  ],
  observations: [
    {
      id: 'topics',
      says: 'The topic `__consumer_offsets` has fifty partitions, is compacted, and is left out of the list of topics.',
      cell: 'topics',
      async sees(scene) {
        const topic = await scene.topic();
        await scene.consumer().commitSync([{ topic, partition: 0, offset: 1 }]);
        const admin = scene.kafka.admin();
        const [{ partitions }] = await admin.describeTopics([OFFSETS]);
        const [{ configs }] = await admin.describeConfigs([{ type: 'topic', name: OFFSETS }]);
        return [
          `listed: ${(await admin.listTopics()).includes(OFFSETS)}`,
          `partitions: ${partitions.length}`,
          `cleanup.policy: ${configs['cleanup.policy']?.value}`,
        ];
      },
    },
    {
      id: 'log',
      says: 'A deal of the partitions and each commit is a record there, under the key of the group or of group, topic and partition.',
      cell: 'log',
      async sees(scene) {
        const topic = await scene.topic(1, ['+100', '+150']);
        const reader = scene.consumer({ maxPollRecords: 1 });
        await reader.subscribe([topic]);
        for (let turn = 0; turn < 2; turn++) {
          await read(scene.kafka, reader, 1);
          await reader.commitSync();
        }
        return lines(scene);
      },
      ours: {
        sees: ['ledger → generation 1, 1 member, led by consumer-1', 'ledger, account 0 → 1', 'ledger, account 0 → 2'],
        because:
          'Kafka also writes a record when a group is founded, before anybody is in it; ours begins with the first deal.',
      },
    },
    {
      id: 'home',
      says: 'The partition in which a group is kept follows from its name, by the hash that Java has for texts.',
      cell: 'hash',
      async sees(scene) {
        const topic = await scene.topic();
        const homes: string[] = [];
        for (const groupId of ['ledger-08', 'zürich', 'polygenelubricants']) {
          await scene.consumer({ groupId }).commitSync([{ topic, partition: 0, offset: 1 }]);
          const [{ partition }] = await recordsAbout(scene.kafka, groupId);
          homes.push(`${groupId} ${partition}`);
        }
        return homes;
      },
    },
    {
      id: 'tombstone',
      says: 'What is to be forgotten gets a record whose key has nothing for its value.',
      cell: 'week',
      async sees(scene) {
        const topic = await scene.topic();
        const reader = scene.consumer();
        await reader.commitSync([{ topic, partition: 0, offset: 1 }]);
        await reader.close();
        await scene.kafka.admin().deleteConsumerGroupOffsets(scene.name, [{ topic, partition: 0 }]);
        return lines(scene);
      },
    },
  ],
};
