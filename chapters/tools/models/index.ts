/** Other clients' policies over our consumer: who loses a record, and who repeats one. For chapters and tests; nothing in `lib/` knows of them. */
export { java } from './java.ts';
export { kafkajs } from './kafkajs.ts';
export { kafkaPythonIterator } from './kafkaPythonIterator.ts';
export { librdkafka, librdkafkaWith } from './librdkafka.ts';
export type { ClientModel, Handler, ModelClient, ModelSettings } from './model.ts';
