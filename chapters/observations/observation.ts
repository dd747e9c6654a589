/**
 * What a chapter says about Kafka, as small programs: each takes a Kafka and answers with a few lines, which are the same on every Kafka. `npm run verify`
 * asks Apache Kafka and writes the answers down (recorded.json); `npm run test:notebooks` asks ours and compares.
 *
 * So a program here names no times, hosts or ids, and puts what has no order into one. It uses only what all Kafkas have: the clients, and programs that can
 * be killed and frozen.
 */
import type { Scene } from './scene.ts';

export interface Observation {
  /** Its name within the chapter: lower case, and for good, since the recording knows it by that. */
  readonly id: string;
  /** What can be seen, in one sentence, in the words of the chapter. */
  readonly says: string;
  /** The id of the cell that shows it. */
  readonly cell: string;
  sees(scene: Scene): Promise<Lines>;
  /** Where our Kafka shows something else: what, and why. The footer of the chapter says so. */
  readonly ours?: { readonly sees: Lines; readonly because: string };
}

export type Lines = readonly string[];

/** What one chapter has at its end. */
export interface ChapterObservations {
  /** What the chapter rests on, beside what was tried. */
  readonly sources: readonly Source[];
  readonly observations: readonly Observation[];
}

export interface Source {
  readonly name: string;
  readonly title?: string;
  readonly link: string;
}

/** The release whose files are linked to. */
const RELEASE = '4.3.1';

/** A Kafka Improvement Proposal; `title` is that of its page. */
export function kip(number: number, title: string, separator = ': '): Source {
  const page = `KIP-${number}${separator}${title}`;
  const address = page.replaceAll(':', '%3A').replaceAll(' ', '+');
  return { name: `KIP-${number}`, title, link: `https://cwiki.apache.org/confluence/display/KAFKA/${address}` };
}

/** A file of Kafka's source, by its folder from the root of the repository. */
export function source(folder: string, file: string): Source {
  const name = file.slice(file.lastIndexOf('/') + 1);
  return { name, link: `https://github.com/apache/kafka/blob/${RELEASE}/${folder}/${file}` };
}

const CLIENTS = 'clients/src/main/java/org/apache/kafka/clients';
const COORDINATOR = 'group-coordinator/src/main/java/org/apache/kafka/coordinator/group';

/** A class of Kafka's consumer. */
export const consumerSource = (name: string) => source(`${CLIENTS}/consumer/internals`, name);
/** One of its strategies, or another of the classes that programs see. */
export const consumerApiSource = (name: string) => source(`${CLIENTS}/consumer`, name);
/** A class of Kafka's producer. */
export const producerSource = (name: string) => source(`${CLIENTS}/producer/internals`, name);
/** A class of the group coordinator. */
export const coordinatorSource = (name: string) => source(COORDINATOR, name);

/** What is wrong with what our Kafka shows, given what Apache Kafka has shown; undefined: nothing. */
export function departure({ ours }: Observation, apache: Lines | undefined, seen: Lines): string | undefined {
  const text = (lines: Lines | undefined) => lines?.join(' | ') ?? 'nothing';
  if (apache !== undefined && text(ours?.sees) === text(apache))
    return 'it is said to differ from Apache Kafka, and does not';
  if (apache !== undefined && text(seen) === text(ours?.sees ?? apache)) return undefined;
  return `Apache Kafka: ${text(apache)}; ours: ${text(seen)}`;
}
