import { suite } from '../tools/suite.ts';

/** The tests of the notebook pipeline, as `npm run test:notebooks` runs them. */
export default suite({ include: ['test/notebooks/**/*.test.ts'] }, ['notebooks/kernel']);
