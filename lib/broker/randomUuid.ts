/** A random UUID in the form that people know, 8-4-4-4-12 hexadecimal digits: Kafka makes member ids with it. */
import type { Random } from '../world/world.ts';

export function randomUuid(random: Random): string {
  const digits = [0, 1, 2, 3].map(() => random.nextU32().toString(16).padStart(8, '0')).join('');
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `a${digits.slice(17, 20)}`];
  return [...parts, digits.slice(20)].join('-');
}
