/**
 * Gives the page the module `virtual:kafkaito-kernel`: the bundled kernel as a string. The page imports it at the first Run, so a reader who
 * only reads never loads it.
 */

import type { Plugin } from 'vite';
import { bundleKernel } from '../kernel/bundle.ts';

const NAME = 'virtual:kafkaito-kernel';
const RESOLVED = `\0${NAME}`;

export function kernelPlugin(): Plugin {
  return {
    name: 'kafkaito-kernel',
    resolveId: (id) => (id === NAME ? RESOLVED : undefined),
    async load(id, options) {
      if (id !== RESOLVED) return undefined;
      if (options?.ssr) return "export const workerText = '';\nexport const frame = '';\n";
      const { workerText, frame, inputs } = await bundleKernel();
      for (const input of inputs) this.addWatchFile(input);
      return `export const workerText = ${JSON.stringify(workerText)};\nexport const frame = ${JSON.stringify(frame)};\n`;
    },
  };
}
