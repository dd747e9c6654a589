import { suite } from '../tools/suite.ts';

/** The tests of the notebook pipeline, and a grading run, as `npm run test:notebooks` runs them. */
export default suite({ include: ['test/notebooks/**/*.test.ts', 'test/grading/{grading,course}.test.ts'] }, [
  'grading/course',
  'notebooks/kernel',
]);
