/** Compression for tests of batches: that of the real world. */
export { nodeCodecs as codecs } from '../../lib/node/codecs.ts';
