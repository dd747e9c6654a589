/** A page that runs a cluster of its own: bundled for a browser, and run without anything of Node. */
import { simulate } from 'kafkaito';

export async function run() {
  const kafka = await simulate({ seed: 7, topics: { ledger: 1 } });
  await kafka.producer().send({ topic: 'ledger', key: 'Ada', value: '+100' });
  const consumer = kafka.consumer({ groupId: 'bank', autoOffsetReset: 'earliest' });
  await consumer.subscribe(['ledger']);
  const records = await consumer.poll('10 s');
  await kafka.close();
  return records.map(({ key, value }) => `${key} ${value}`).join();
}
