import { suite } from './test/tools/suite.ts';

/** `npm test`: everything that needs nothing but Node. The other folders have scripts of their own (README). */
export default suite({
  // The library keeps no state in its modules, so files can share a process: reading it once saves two fifths of the time.
  isolate: false,
  // Tests of sockets wait more than they compute: on two cores a third worker saves a fifth of the time.
  maxWorkers: 3,
  include: ['test/**/*.test.ts'],
  exclude: [
    'test/kafka/**',
    'test/interop/**',
    'test/browser/**',
    'test/notebooks/**',
    'test/chapters/**',
    'test/grading/{grading,course}.test.ts',
  ],
});
