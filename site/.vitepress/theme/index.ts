/**
 * The look of the book: one layout, and the few components that pages name. VitePress brings the rest, but not its own theme, which is made
 * for documentation and weighs as much as a chapter.
 */

import type { Theme } from 'vitepress';
import type { Component } from 'vue';
import { defineAsyncComponent } from 'vue';
import BookLayout from './BookLayout.vue';
import Cell from './Cell.vue';
import './style.css';
import './cells.css';
import './footer.css';
import './wire.css';
import './source.css';
import './entries.css';

/** Components that only some pages name, and only those pages load. Another is another line. */
const onUse: Record<string, () => Promise<Component>> = {
  Contents: () => import('./Contents.vue'),
  FirstRun: () => import('./FirstRun.vue'),
};

export default {
  Layout: BookLayout,
  enhanceApp({ app }) {
    app.component('Cell', Cell);
    for (const [name, load] of Object.entries(onUse)) app.component(name, defineAsyncComponent(load));
  },
} satisfies Theme;
