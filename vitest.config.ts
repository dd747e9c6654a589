import { suite } from './test/tools/suite.ts';

/** `npm test`: everything that needs nothing but Node. The other folders have scripts of their own (README). */
export default suite({
  include: ['test/**/*.test.ts'],
  exclude: ['test/kafka/**', 'test/interop/**', 'test/browser/**', 'test/notebooks/**'],
});
