/**
 * What a coordinator has written about a group, read as any consumer reads it: from the topic `__consumer_offsets` of a Kafka that may be far away. Chapter 08
 * reads that of a simulated cluster at its source; this is for all others.
 */
import { bytes, type Kafka } from '../../../lib/index.ts';
import { contentOf, type Key, keyOf, type LogEntry, nameOf } from '../exercises/08.ts';

const TOPIC = '__consumer_offsets';

/** The newest kind of key that classic groups have; later ones belong to groups of other protocols, and are laid out in other ways. */
const LAST_CLASSIC_VERSION = 2;

/** The records about a group that are in the log now, in the order in which they were appended. */
export async function recordsAbout(kafka: Kafka, groupId: string): Promise<LogEntry[]> {
  const [{ partitions }] = await kafka.admin().describeTopics([TOPIC]);
  const all = partitions.map(({ partition }) => ({ topic: TOPIC, partition }));
  const reader = kafka.consumer({ keyDeserializer: bytes, valueDeserializer: bytes, autoOffsetReset: 'earliest' });
  await reader.assign(all);
  const ends = await reader.endOffsets(all);
  const found: LogEntry[] = [];
  const isDone = async () => {
    for (const end of ends) if ((await reader.position(end)) < end.offset) return false;
    return true;
  };
  while (!(await isDone())) {
    for (const { partition, offset, timestamp, key, value } of await reader.poll('1 s')) {
      const about = key === null ? undefined : classicKeyOf(key);
      if (about?.group !== groupId) continue;
      found.push({ partition, offset, timestamp, key: about, value: value === null ? null : contentOf(about, value) });
    }
  }
  await reader.close();
  return found;
}

function classicKeyOf(key: Uint8Array): Key | undefined {
  const version = key[0] * 256 + key[1];
  return version > LAST_CLASSIC_VERSION ? undefined : keyOf(key);
}

/** The same as lines: key and value. */
export async function logAbout(kafka: Kafka, groupId: string): Promise<string> {
  const found = await recordsAbout(kafka, groupId);
  return found.map(({ key, value }) => `${nameOf(key)} → ${value ?? 'nothing (a tombstone)'}`).join('\n');
}
