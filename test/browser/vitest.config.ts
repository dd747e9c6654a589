import { suite } from '../tools/suite.ts';

/** `npm run test:browser`. One file at a time: each drives a browser of its own, and two would starve each other. */
export default suite({
  include: ['test/browser/**/*.test.ts'],
  fileParallelism: false,
  testTimeout: 60_000,
  // What a reader sees follows a click a moment later, and on a busy machine a long moment.
  expect: { poll: { timeout: 15_000 } },
});
