import { suite } from '../tools/suite.ts';

/** The exercises: each starter fails, each solution passes, each usual wrong answer is told what is wrong. Run by `npm run test:notebooks`. */
export default suite({ isolate: false, include: ['test/chapters/**/*.test.ts'] });
