/** What reads frames: the library's own schemas, and the walk through them. The page loads it when the first bytes are to be read. */
import { apis } from '../../../../lib/protocol/apis/index.ts';

export { explainFrame } from '../../../../lib/draw/frame.ts';
export { hexOf, shortPath } from '../../../../lib/draw/frameText.ts';

/** The APIs that can be read, by name, with their versions. */
export const known = [...apis.values()]
  .map(({ key, name, versions }) => ({ key, name, versions }))
  .sort((one, other) => (one.name < other.name ? -1 : 1));
