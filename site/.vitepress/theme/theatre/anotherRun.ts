/** Asks the kernel of the page for another run of a theatre's programs. It is a line of code like that of a cell, and its answer is data like a cell's output. */
import { readPlay } from '../../../../lib/draw/theatre/readPlay.ts';
import type { FaultScene, Play } from '../../../../lib/draw/theatre/scene.ts';
import type { CellOutput } from '../../../kernel/protocol.ts';
import type { PageSession } from '../session.ts';

export type Break = FaultScene;

/** The play; or in words why there is none. */
export async function anotherRun(
  session: PageSession,
  caption: string,
  wish: Break | undefined,
  seed: number | undefined,
): Promise<Play | string> {
  const wished = { seed, at: wish?.at, ...(wish === undefined ? {} : { [wish.what]: wish.who }) };
  const source = [
    "import { again } from 'course/theatre';",
    `await again(${JSON.stringify(caption)}, ${JSON.stringify(wished)});`,
  ].join('\n');
  const outputs: CellOutput[] = [];
  try {
    const end = await session.aside(source, (output) => outputs.push(output));
    if (end === null) return 'Run the cell again: what it has built is gone.';
    if (end === 'stopped') return 'Stopped. Run the cell again.';
    if (!end.ok) return end.error.title;
    const shown = outputs.find((output) => output.kind === 'display');
    return readPlay(JSON.parse(shown?.bundle['application/vnd.kafkaito.play+json'] ?? 'null'));
  } catch (error) {
    return `There is nothing to show: ${error instanceof Error ? error.message : error}. Run the cell again.`;
  }
}
