/**
 * Stock kafkajs as a part of the kernel: once for cells that import `kafkajs`, over the page's own clock and without a network, and as a maker of copies for
 * `course/kafkajs`, each over the names that it is given.
 */
import { makeKafkajs } from 'stock-kafkajs';
import type { Globals } from '../../../chapters/tools/kafkajs/globals.ts';
import { Buffer } from './buffer.ts';

export function loadKafkajs(globals: Partial<Globals>) {
  return { kafkajs: makeKafkajs({ ...globals, Buffer }), Buffer };
}

/** What cells import as `kafkajs`. */
export const { kafkajs } = loadKafkajs({
  ...({ setTimeout, clearTimeout, setInterval, clearInterval } as unknown as Globals),
  Date,
  Math,
  process: { env: {}, hrtime: () => [Math.floor(performance.now() / 1000), 0] },
  global: { crypto: { getRandomValues: (bytes) => crypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>) } },
});
