import { suite } from '../tools/suite.ts';

/** `npm run test:interop`: the clients of others, as published, on our broker. */
export default suite({
  include: ['test/interop/**/*.test.ts'],
  globalSetup: ['test/interop/setup.ts'],
});
