/** What cells import as `course/models`: other clients' policies over our consumer, to show who loses a record and who repeats one. Nothing in `lib/` knows of them. */
export { java } from './java.ts';
export { kafkajs } from './kafkajs.ts';
export { kafkaPythonIterator } from './kafkaPythonIterator.ts';
export { librdkafka, librdkafka011, librdkafkaWith } from './librdkafka.ts';
export type { ClientModel, Handler, ModelClient, ModelSettings } from './model.ts';
