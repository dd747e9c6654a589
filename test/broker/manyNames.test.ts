/** How long one request can keep a broker busy: what names many things is looked through once, and not once for each of them. */
import { expect, test } from 'vitest';
import { handleCreatePartitions } from '../../lib/broker/handlers/37-create-partitions.ts';
import type { RequestContext, Services } from '../../lib/broker/services.ts';
import { errorOf } from '../../lib/protocol/errors.ts';

const context: RequestContext = { version: 8, clientId: null, remote: 'client:1' };

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
