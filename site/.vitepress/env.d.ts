/** Modules that the bundler makes. */

declare module '*.vue' {
  import type { DefineComponent } from 'vue';

  const component: DefineComponent;
  export default component;
}

declare module '*.css' {}

/** Made when the kernel's part is bundled: a copy of kafkajs over the names that it is given. */
declare module 'stock-kafkajs' {
  export function makeKafkajs(names: object): typeof import('kafkajs');
}

declare module 'virtual:kafkaito-parts' {
  export const parts: Record<string, () => Promise<{ text: string }>>;
}

declare module 'virtual:kafkaito-kernel' {
  export const workerText: string;
  export const frame: string;
}

/** Made by VitePress: the index of the search, by language. */
declare module '@localSearchIndex' {
  const index: { root: () => Promise<{ default: string }> };
  export default index;
}
