import { suite } from '../tools/suite.ts';

/** Two grading runs, as `npm run test:grading` makes them. What needs no run is in `npm test`. */
export default suite({ include: ['test/grading/{grading,course}.test.ts'] });
