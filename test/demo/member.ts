/**
 * A program of its own: one member of our group. It reads, hands what it has read to its parent, and commits about once a second. It commits
 * only what the parent has got: whoever kills it in between makes its successor read again, and loses nothing.
 */
import type { Consumer, ConsumerRecord } from '../../lib/index.ts';
import { KafkaError } from '../../lib/index.ts';
import { connect } from '../../lib/node/index.ts';
import type { Delivery } from './tally.ts';

/** What a member tells its parent. */
export type Report = { readonly owns: number } | { readonly read: readonly Delivery[] };

const COMMIT_EVERY_MS = 1000;
const [bootstrap, groupId, topic] = process.argv.slice(2);

let stopping = false;
process.once('message', () => {
  stopping = true;
});
// Without its parent it has nobody to work for.
process.once('disconnect', () => process.exit(1));

const kafka = await connect(bootstrap, { clientId: `member-${process.pid}` });
const consumer = kafka.consumer({
  groupId,
  autoOffsetReset: 'earliest',
  enableAutoCommit: false,
  sessionTimeoutMs: 6000,
  heartbeatIntervalMs: 500,
});
await consumer.subscribe([topic], { onPartitionsAssigned: () => tell({ owns: consumer.assignment().length }) });

let committedAt = performance.now();
while (!stopping) {
  const records = await consumer.poll('200 ms');
  if (records.length > 0) await tell({ read: records.map(deliveryOf) });
  if (performance.now() - committedAt < COMMIT_EVERY_MS) continue;
  await commit(consumer);
  committedAt = performance.now();
}
await commit(consumer);
await consumer.close();
await kafka.close();
process.disconnect();

/** A group that is rebalancing, or a broker that is away, refuses a commit. The rows are read again then, which the ids show. */
async function commit(consumer: Consumer): Promise<void> {
  try {
    await consumer.commitSync();
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
  }
}

function deliveryOf({ partition, offset, value }: ConsumerRecord): Delivery {
  return { partition, offset, row: JSON.parse(String(value)) };
}

/** Resolves when the bytes are in the pipe: from then on they reach the parent whatever happens to this process. */
function tell(report: Report): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(report, undefined, undefined, (error) => (error ? reject(error) : resolve()));
  });
}
