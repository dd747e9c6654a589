/** Prints how many milliseconds the first `serve` of this process takes, the module being loaded. */

/** @type {typeof import('../../../lib/node/index.ts')} */
const { serve } = await import(new URL('../../../dist/node/index.js', import.meta.url).href);

const began = performance.now();
const kafka = await serve({ port: 0, topics: { ledger: 2 } });
console.log(performance.now() - began);
await kafka.close();
