/** As compilers see the package from an ES module; consumer.cts is the same from CommonJS. */
import { Errors, type Kafka, KafkaError, type SimulatedKafka, simulate } from 'kafkaito';
import { type ServedKafka, serve } from 'kafkaito/node';

async function deposit(kafka: Kafka): Promise<number> {
  const { offset } = await kafka.producer().send({ topic: 'ledger', key: 'Ada', value: '+100' });
  return offset;
}

export async function everywhere(): Promise<number[]> {
  const simulated: SimulatedKafka = await simulate({ seed: 7, topics: { ledger: 1 } });
  const served: ServedKafka = await serve({ port: 0, topics: { ledger: 1 } });
  return [await deposit(simulated), await deposit(served)];
}

export const isRetriable = (error: unknown): boolean => error instanceof KafkaError && error.error.retriable;

export const code: number = Errors.NOT_COORDINATOR.code;

// @ts-expect-error a number is no topic: a package without types would let it pass
export const wrong = (kafka: Kafka) => kafka.producer().send({ topic: 5, value: '' });
