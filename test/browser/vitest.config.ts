import { suite } from '../tools/suite.ts';

/** `npm run test:browser`. Two files at a time, each with a browser of its own: half of a visit is waiting for the network to fall silent. */
export default suite(
  {
    include: ['test/browser/**/*.test.ts'],
    testTimeout: 60_000,
    // What a reader sees follows a click a moment later, and on a busy machine a long moment.
    expect: { poll: { timeout: 15_000 } },
  },
  ['chapters'],
);
