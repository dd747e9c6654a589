/** `__consumer_offsets` comes into being when the first group looks for its coordinator. */
import { OFFSETS_TOPIC } from '../cluster/topicName.ts';
import type { Topic } from '../cluster/topics.ts';
import type { Services } from './services.ts';

export async function ensureOffsetsTopic({ topics, config, groups }: Services): Promise<Topic> {
  const topic = await topics.ensure(OFFSETS_TOPIC, config['offsets.topic.num.partitions'], {
    'cleanup.policy': 'compact',
    'segment.bytes': String(config['offsets.topic.segment.bytes']),
  });
  groups.start(topic);
  return topic;
}
