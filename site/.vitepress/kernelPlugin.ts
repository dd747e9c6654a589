/**
 * Gives the page the module `virtual:kafkaito-kernel`: the bundled kernel as a string. The page imports it at the first Run, so a reader who
 * only reads never loads it. And `virtual:kafkaito-parts`, which has for each part (kernel/parts.ts) the import of its text.
 */

import type { Plugin } from 'vite';
import { bundleKernel, bundlePart, partFiles } from '../kernel/bundle.ts';

const KERNEL = 'virtual:kafkaito-kernel';
const PARTS = 'virtual:kafkaito-parts';
const PART = 'virtual:kafkaito-part/';
const RESOLVED = '\0';

export function kernelPlugin(): Plugin {
  return {
    name: 'kafkaito-kernel',
    resolveId: (id) => (id === KERNEL || id === PARTS || id.startsWith(PART) ? RESOLVED + id : undefined),
    async load(id, options) {
      if (id === RESOLVED + PARTS) {
        const imports = Object.keys(partFiles).map((name) => `'${name}': () => import('${PART}${name}'),\n`);
        return `export const parts = {\n${imports.join('')}};\n`;
      }
      if (id.startsWith(RESOLVED + PART)) {
        if (options?.ssr) return "export const text = '';\n";
        const { text, inputs } = await bundlePart(id.slice((RESOLVED + PART).length));
        for (const input of inputs) this.addWatchFile(input);
        return `export const text = ${JSON.stringify(text)};\n`;
      }
      if (id !== RESOLVED + KERNEL) return undefined;
      if (options?.ssr) return "export const workerText = '';\nexport const frame = '';\n";
      const { workerText, frame, inputs } = await bundleKernel();
      for (const input of inputs) this.addWatchFile(input);
      return `export const workerText = ${JSON.stringify(workerText)};\nexport const frame = ${JSON.stringify(frame)};\n`;
    },
  };
}
