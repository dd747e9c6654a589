/**
 * How long a chapter takes, counted from the chapter itself, so that the figure in the contents follows every change. Reading is all its words, code
 * included, at 200 a minute; hints do not count. Running is a minute for each cell. An exercise says in its first sentence how long it takes.
 */

import type { Chapter } from '../../chapters/tools/cells.ts';
import { cellsOf } from '../../chapters/tools/cells.ts';

export interface Minutes {
  reading: number;
  running: number;
  exercise: number;
}

const WORDS_A_MINUTE = 200;

/** For an exercise that does not say. */
const EXERCISE_MINUTES = 10;

const NUMBERS: Record<string, number> = { Five: 5, Ten: 10, Fifteen: 15, Twenty: 20, Thirty: 30 };

export function minutesOf(chapter: Chapter): Minutes {
  const texts = chapter.segments.map((segment) =>
    segment.kind === 'prose' ? withoutFolds(segment.text) : segment.code,
  );
  const words = texts.join('\n').match(/\S*\w\S*/g) ?? [];
  const exercises = cellsOf(chapter).filter(({ exercise }) => exercise).length;
  const said = texts.flatMap((text) => [...text.matchAll(/^(Five|Ten|Fifteen|Twenty|Thirty) minutes[:.]/gm)]);
  const silent = Math.max(0, exercises - said.length);
  return {
    reading: Math.ceil(words.length / WORDS_A_MINUTE),
    running: cellsOf(chapter).length - exercises,
    exercise: said.reduce((sum, [, number]) => sum + NUMBERS[number], silent * EXERCISE_MINUTES),
  };
}

function withoutFolds(text: string): string {
  return text.replace(/<details>[\s\S]*?<\/details>/g, '');
}
