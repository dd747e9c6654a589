/** Which names a topic may have. Source: `Topic.java`. */

const MAX_LENGTH = 249;
const LEGAL = /^[a-zA-Z0-9._-]+$/;

/** What is wrong with a name, as a sentence; null: nothing. */
export function topicNameProblem(name: string): string | null {
  if (name === '') return 'the name of a topic must not be empty';
  if (name === '.' || name === '..') return 'a topic cannot be called . or ..';
  if (name.length > MAX_LENGTH) return `the name has ${name.length} characters, and ${MAX_LENGTH} are allowed`;
  return LEGAL.test(name) ? null : 'only the characters a-z A-Z 0-9 . _ - are allowed';
}

/** What a topic is called in Kafka's metrics. Names that differ only in `.` and `_` would share one, so Kafka refuses the second. */
export function metricName(name: string): string {
  return name.replaceAll('.', '_');
}

/** Topics that Kafka keeps for itself. */
export const OFFSETS_TOPIC = '__consumer_offsets';
const internal: ReadonlySet<string> = new Set([OFFSETS_TOPIC, '__transaction_state', '__share_group_state']);

export function isInternal(name: string): boolean {
  return internal.has(name);
}
