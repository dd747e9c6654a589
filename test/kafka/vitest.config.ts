import { suite } from '../tools/suite.ts';

/** `npm run test:kafka`: what is compared with a real Apache Kafka. One file at a time, since they share the broker. */
export default suite({
  include: ['test/kafka/**/*.test.ts'],
  globalSetup: ['test/kafka/setup.ts'],
  fileParallelism: false,
  testTimeout: 30_000,
});
