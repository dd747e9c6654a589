/**
 * Gives the page the module `virtual:kafkaito-kernel`: the bundled kernel as a string. The page imports it at the first Run, so a reader who
 * only reads never loads it. And `virtual:kafkaito-codecs` in the same way, which it imports for the first cell that names a codec.
 */

import type { Plugin } from 'vite';
import { bundleCodecs, bundleKernel } from '../kernel/bundle.ts';

const KERNEL = 'virtual:kafkaito-kernel';
const CODECS = 'virtual:kafkaito-codecs';
const RESOLVED = '\0';

export function kernelPlugin(): Plugin {
  return {
    name: 'kafkaito-kernel',
    resolveId: (id) => (id === KERNEL || id === CODECS ? RESOLVED + id : undefined),
    async load(id, options) {
      if (id === RESOLVED + CODECS) {
        if (options?.ssr) return "export const codecsText = '';\n";
        const { codecsText, inputs } = await bundleCodecs();
        for (const input of inputs) this.addWatchFile(input);
        return `export const codecsText = ${JSON.stringify(codecsText)};\n`;
      }
      if (id !== RESOLVED + KERNEL) return undefined;
      if (options?.ssr) return "export const workerText = '';\nexport const frame = '';\n";
      const { workerText, frame, inputs } = await bundleKernel();
      for (const input of inputs) this.addWatchFile(input);
      return `export const workerText = ${JSON.stringify(workerText)};\nexport const frame = ${JSON.stringify(frame)};\n`;
    },
  };
}
