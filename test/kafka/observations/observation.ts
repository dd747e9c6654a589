/**
 * An observation: what a broker answers to a few requests, as a plain value. The book of observations is put to Apache Kafka and to our broker, and
 * both must answer alike.
 *
 * Its sentence is its name everywhere: in the tests, in the recorded answers, in the list of known differences, and, shortened, in the topics and
 * groups that it makes. So a name never has to be hidden in an answer, and observations do not get into each other's way.
 */
import type { Scene } from './scene.ts';
import type { Plain } from './telling.ts';

export interface Observation {
  readonly sentence: string;
  /** The beginning of all names that it gives. */
  readonly slug: string;
  /** Whether no other may run at the same time, since it changes or tells what all share. */
  readonly alone: boolean;
  /** Whether it is made at the strict broker: one whose groups have room for two, and which forgets quickly. */
  readonly strict: boolean;
  readonly look: (scene: Scene) => Promise<Plain>;
}

export function observation(
  sentence: string,
  look: (scene: Scene) => Promise<Plain>,
  { alone = false, strict = false }: { readonly alone?: boolean; readonly strict?: boolean } = {},
): Observation {
  return { sentence, slug: slugOf(sentence), alone, strict, look };
}

/** A topic may have 249 characters: this leaves room for what an observation adds. */
const SLUG_CHARACTERS = 120;

function slugOf(sentence: string): string {
  const words = sentence.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.join('-').slice(0, SLUG_CHARACTERS);
}
