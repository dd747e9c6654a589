/** Puts a drawing where the reader is: into the notebook, onto the page, or, where there is no picture, as text. */
import type { Drawing } from '../../lib/index.ts';

/** What a medium can show: one content in several forms, of which it takes the best that it knows. */
export interface DisplayBundle {
  readonly 'text/plain': string;
  readonly 'image/svg+xml'?: string;
}

/** The Jupyter launcher and the page's cell kernel leave their way of showing things under this name. */
const DISPLAY = Symbol.for('kafkaito.display');

export function show(drawing: Drawing): void {
  const display = (globalThis as { [DISPLAY]?: (bundle: DisplayBundle) => void })[DISPLAY];
  if (display) display({ 'text/plain': drawing.text, 'image/svg+xml': drawing.svg });
  else console.log(drawing.text);
}
