/**
 * The look of the book: one layout, and the few components that pages name. VitePress brings the rest, but not its own theme, which is made
 * for documentation and weighs as much as a chapter.
 */

import type { Theme } from 'vitepress';
import BookLayout from './BookLayout.vue';
import Cell from './Cell.vue';
import Contents from './Contents.vue';
import './style.css';
import './cells.css';
import './wire.css';

export default {
  Layout: BookLayout,
  enhanceApp({ app }) {
    app.component('Cell', Cell);
    app.component('Contents', Contents);
  },
} satisfies Theme;
