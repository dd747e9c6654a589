/** How long one request can keep a broker busy: what names many things is looked through once, and not once for each of them. */
import { expect, test } from 'vitest';
import { handleOffsetCommit } from '../../lib/broker/handlers/08-offset-commit.ts';
import { handleCreatePartitions } from '../../lib/broker/handlers/37-create-partitions.ts';
import { handleOffsetDelete } from '../../lib/broker/handlers/47-offset-delete.ts';
import type { RequestContext, Services } from '../../lib/broker/services.ts';
import { Errors, errorOf } from '../../lib/protocol/errors.ts';

const context: RequestContext = { version: 8, clientId: null, remote: 'client:1' };
const nameOf = ({ errorCode }: { errorCode: number }) => errorOf(errorCode).name;

test('topics that shall have more partitions', async () => {
  let looks = 0;
  const wanted = Array.from({ length: 200 }, (_, index) => ({
    get name() {
      looks++;
      return index < 2 ? 'twice' : `topic-${index}`;
    },
    count: 3,
    assignments: null,
  }));
  const services = { topics: { named: () => undefined } } as unknown as Services;
  const request = { topics: wanted, timeoutMs: 1_000, validateOnly: true };
  const answer = await handleCreatePartitions(services, request, context);
  const results = typeof answer === 'symbol' ? [] : answer.results;
  expect(results.map(({ name, errorCode }) => `${name} ${errorOf(errorCode).name}`).slice(0, 2)).toEqual([
    'twice INVALID_REQUEST',
    'topic-2 UNKNOWN_TOPIC_OR_PARTITION',
  ]);
  expect(results).toHaveLength(199);
  expect(looks).toBeLessThan(20 * wanted.length);
});

/** Taking each answer from the front of an array moves all the others: with so many it would not come to an end within this test. */
const MANY = 400_000;
const TOO_LARGE = Errors.OFFSET_METADATA_TOO_LARGE.code;

test('partitions of a commit, and of offsets that are to be forgotten', async () => {
  const partitions = Array.from({ length: MANY }, () => ({
    partitionIndex: 0,
    committedOffset: 1,
    committedMetadata: '',
  }));
  const decided = partitions.map((_, index) => ({ partitionIndex: 0, errorCode: index === MANY - 1 ? TOO_LARGE : 0 }));
  const services = {
    topics: { partition: () => ({}) },
    groups: {
      errorFor: () => Errors.NONE,
      read: async () => new Map(),
      ask: async () => ({ errorCode: 0, topics: [{ name: 'ledger', partitions: decided }] }),
    },
  } as unknown as Services;
  const topics = [{ name: 'ledger', partitions }];
  const request = { groupId: 'bank', topics } as unknown as Parameters<typeof handleOffsetCommit>[1] &
    Parameters<typeof handleOffsetDelete>[1];
  for (const handle of [handleOffsetCommit, handleOffsetDelete] as const) {
    const answer = await handle(services, request, context);
    const answers = typeof answer === 'symbol' ? [] : (answer.topics[0].partitions ?? []);
    expect(answers).toHaveLength(MANY);
    expect([answers[0], answers[MANY - 1]].map(nameOf)).toEqual(['NONE', 'OFFSET_METADATA_TOO_LARGE']);
  }
});
