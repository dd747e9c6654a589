/** One member of the group: it reads, works, and commits in one of the styles that there are. */

import { cooperativeSticky, sticky } from '../../../lib/assignors/index.ts';
import { isRetriable, RebalanceInProgressError, TimedOutError } from '../../../lib/client/errors.ts';
import {
  CommitFailedError,
  type Consumer,
  type ConsumerRecord,
  type ErrorCode,
  Errors,
  type Kafka,
  KafkaError,
  range,
  roundRobin,
  type Trace,
} from '../../../lib/index.ts';
import { type Action, type Script, type Strategy, TWIN, timing } from './script.ts';

/** What a script changes about a member while it runs. */
export interface Role {
  readonly join: Extract<Action, { do: 'join' }>;
  isLeaving: boolean;
  /** How much longer the next record takes. */
  slowMs: number;
}

const assignors = { range, roundRobin, sticky, cooperativeSticky } satisfies { [name in Strategy]: unknown };

/** Runs until it shall leave, or until somebody else has come under its name. */
export async function member(kafka: Kafka, script: Script, role: Role, trace: Trace): Promise<void> {
  try {
    await live(kafka, script, role, trace);
  } catch (error) {
    if (!(error instanceof KafkaError && error.error === Errors.FENCED_INSTANCE_ID)) throw error;
  }
}

async function live(kafka: Kafka, script: Script, role: Role, trace: Trace): Promise<void> {
  const { style, polls, offers, member: name } = role.join;
  const consumer = kafka.consumer({
    ...timing,
    groupId: 'group',
    autoOffsetReset: 'earliest',
    enableAutoCommit: style === 'auto',
    autoCommitIntervalMs: 400,
    maxPollRecords: polls,
    maxPartitionFetchBytes: script.fetchBytes,
    defaultApiTimeoutMs: 4_000,
    sessionTimeoutMs: script.sessionTimeoutMs,
    partitionAssignmentStrategy: offers.map((name) => assignors[name]),
    groupInstanceId: script.named ? name.replace(TWIN, '') : undefined,
  });
  const node = `${name}/consumer-1`;
  const tell = (what: string) => (partitions: readonly { readonly topic: string; readonly partition: number }[]) => {
    const list = partitions.map(({ topic, partition }) => ({ topic, partition }));
    trace.record(node, `listener.${what}`, { partitions: list });
  };
  await consumer.subscribe(Object.keys(script.topics), {
    onPartitionsAssigned: tell('assigned'),
    onPartitionsLost: tell('lost'),
    onPartitionsRevoked: async (partitions) => {
      if (style === 'onRevoke') await attempt(() => consumer.commitSync());
      tell('revoked')(partitions);
    },
  });
  const work = async ({ topic, partition, offset }: ConsumerRecord) => {
    const takes = role.join.workMs + role.slowMs;
    role.slowMs = 0;
    await kafka.world.effect(`work ${topic}-${partition} ${offset}`, () => {}, { takes });
  };
  for (let count = 0; !role.isLeaving; ) {
    let records: ConsumerRecord[] = [];
    const isWell = await attempt(async () => {
      records = await consumer.poll(300);
    });
    if (!isWell) await kafka.world.sleep(200);
    if (records.length > 0) await round[style](consumer, records, work, ++count);
  }
  await attempt(() => consumer.close());
}

type Round = (
  consumer: Consumer,
  records: readonly ConsumerRecord[],
  work: (record: ConsumerRecord) => Promise<void>,
  /** Of how many this is the last. */
  count: number,
) => Promise<void>;

/** What is done with the records of one poll. */
const round: { readonly [style in Role['join']['style']]: Round } = {
  auto: async (_, records, work) => {
    for (const record of records) await work(record);
  },
  onRevoke: async (_, records, work) => {
    for (const record of records) await work(record);
  },
  sync: async (consumer, records, work) => {
    for (const record of records) await work(record);
    await attempt(() => consumer.commitSync());
  },
  async: async (consumer, records, work) => {
    for (const record of records) await work(record);
    consumer.commitAsync();
  },
  /** Now and then it goes back some records, to do them again, and says so to the group. */
  rewind: async (consumer, records, work, count) => {
    for (const record of records) await work(record);
    const [{ topic, partition, offset }] = records;
    if (count % 6 === 0 && offset >= 2) await attempt(() => consumer.seek({ topic, partition, offset: offset - 2 }));
    await attempt(() => consumer.commitSync());
  },
  perRecord: async (consumer, records, work) => {
    for (const record of records) {
      await work(record);
      await attempt(() => consumer.commitSync([after(record)]));
    }
  },
  before: async (consumer, records, work) => {
    if (!(await attempt(() => consumer.commitSync()))) return;
    for (const record of records) await work(record);
  },
  beforePerRecord: async (consumer, records, work) => {
    for (const record of records) if (await attempt(() => consumer.commitSync([after(record)]))) await work(record);
  },
};

function after({ topic, partition, offset }: ConsumerRecord) {
  return { topic, partition, offset: offset + 1 };
}

/**
 * The group is full; or its coordinator has started again, and knows of its members only the strategy that they use, which a newcomer may not have.
 */
const refusals: readonly ErrorCode[] = [Errors.GROUP_MAX_SIZE_REACHED, Errors.INCONSISTENT_GROUP_PROTOCOL];

/** Whether it worked. What a program has to expect of a cluster in trouble is no error of the program. */
async function attempt(run: () => Promise<void>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    const expected = [CommitFailedError, RebalanceInProgressError, TimedOutError].some((kind) => error instanceof kind);
    const isRefused = error instanceof KafkaError && refusals.includes(error.error);
    if (expected || isRefused || isRetriable(error)) return false;
    throw error;
  }
}
