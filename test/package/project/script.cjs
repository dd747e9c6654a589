/** A program of somebody who writes CommonJS. It shows too that `require` and `import` give the same classes. */
const { simulate, KafkaError } = require('kafkaito');
const { connect, ConnectionLost, serve } = require('kafkaito/node');

main();

async function main() {
  const kafka = await serve({ port: 0, topics: { ledger: 2 } });
  await kafka.producer().send({ topic: 'ledger', key: 'Ada', value: '+100' });
  const { host, port } = kafka.cluster.bootstrap[0];
  const other = await connect(`${host}:${port}`);
  const consumer = other.consumer({ groupId: 'bank', autoOffsetReset: 'earliest' });
  await consumer.subscribe(['ledger']);
  const [record] = await consumer.poll('10 s');
  await other.close();
  await kafka.close();

  const simulated = await simulate({ seed: 7, topics: { ledger: 1 } });
  const { offset } = await simulated.producer().send({ topic: 'ledger', value: '+150' });
  await simulated.close();

  const imported = await import('kafkaito');
  const importedNode = await import('kafkaito/node');
  const sameClasses = imported.KafkaError === KafkaError && importedNode.ConnectionLost === ConnectionLost;
  console.log(JSON.stringify({ key: record.key, value: record.value, offset, sameClasses }));
}
