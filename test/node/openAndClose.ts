/** A program that serves, uses what it serves, closes everything twice, and says what is still open. It must then end by itself. */
import { connect, serve } from '../../lib/node/index.ts';

const dataDir = process.argv[2];
const config = { 'group.initial.rebalance.delay.ms': '0' };
const served = await serve({ port: 0, dataDir, topics: { ledger: 1 }, config });
const kafka = await connect(served.bootstrap);
for (const { producer, consumer } of [
  { producer: served.producer(), consumer: served.consumer({ groupId: 'inside', autoOffsetReset: 'earliest' }) },
  { producer: kafka.producer(), consumer: kafka.consumer({ groupId: 'outside', autoOffsetReset: 'earliest' }) },
]) {
  await producer.send({ topic: 'ledger', value: 'x' });
  await consumer.subscribe(['ledger']);
  while ((await consumer.poll('200 ms')).length === 0);
}
const asleep = served.world.spawn('asleep', (kafka) => kafka.world.sleep('1 h'));
asleep.freeze();
// A request that a control holds back is let go by the close.
served.cluster.on('Metadata', { times: 1 }).delay('1 h');
served
  .admin()
  .listTopics()
  .catch(() => {});

await kafka.close();
await kafka.close();
await served.close();
await served.close();

const open = () => process.getActiveResourcesInfo().filter((kind) => !/^(Timeout|TTYWrap|PipeWrap)$/.test(kind));
// What is being torn down is gone after some turns of the event loop; on a busy machine they take their time.
for (let turn = 0; turn < 50 && open().length > 0; turn++) await new Promise((resolve) => setTimeout(resolve, 50));
console.log(JSON.stringify(open()));
