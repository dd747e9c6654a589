/** S18 to S20: what the leader divides, and what each member gets of it. */
import { answeredOf, type Exchange, type History, hasBetween, of } from './history.ts';
import type { Finding, Property } from './property.ts';

interface Generation {
  readonly name: string;
  /** The strategy; null: nobody was told. */
  protocol: string | null;
  /** What leaders have handed in, in the order in which it came. */
  readonly handedIn: Exchange[];
  /** What members got. */
  readonly got: Exchange[];
  /** The topics that a member wants. */
  readonly wanted: Map<string, readonly string[]>;
}

/** Static members go by the name that they keep, so that a return is no second member. */
function byGeneration(history: History): { generations: Generation[]; nameOf: (member: string) => string } {
  const generations = new Map<string, Generation>();
  const instances = new Map<string, string>();
  const at = (group: string, generation: number) => {
    const name = `${group} in generation ${generation}`;
    const made: Generation = { name, protocol: null, handedIn: [], got: [], wanted: new Map() };
    const found = generations.get(name) ?? made;
    generations.set(name, found);
    return found;
  };
  for (const { request, response } of answeredOf(history, 'JoinGroup')) {
    if (response.error !== 0) continue;
    if (request.instance !== null) instances.set(response.member, request.instance);
    for (const [member, instance] of Object.entries(response.instances)) instances.set(member, instance);
    const generation = at(request.group, response.generation);
    generation.protocol = response.protocol;
    generation.wanted.set(response.member, request.topics);
  }
  for (const exchange of of(history, 'SyncGroup')) {
    const generation = at(exchange.request.group, exchange.request.generation);
    if (Object.keys(exchange.request.assignments).length > 0) generation.handedIn.push(exchange);
    if (exchange.response?.error === 0) generation.got.push(exchange);
  }
  return { generations: [...generations.values()], nameOf: (member) => instances.get(member) ?? member };
}

// #region S18
function* disjoint(history: History): Generator<Finding> {
  const { generations, nameOf } = byGeneration(history);
  for (const { name, got, wanted } of generations) {
    const owners = new Map<string, { readonly member: string; readonly at: number }>();
    for (const { request, response, answered } of got) {
      const topics = wanted.get(request.member);
      for (const partition of response?.assignment ?? []) {
        const other = owners.get(partition);
        if (other !== undefined && nameOf(other.member) !== nameOf(request.member)) {
          const text = `${name}: ${partition} was given to ${other.member} and to ${request.member}`;
          yield { at: answered, text, because: [other.at] };
        }
        owners.set(partition, { member: request.member, at: answered });
        if (topics !== undefined && topics.length > 0 && !topics.includes(topicOf(partition))) {
          yield { at: answered, text: `${name}: ${request.member} got ${partition} and wants ${topics.join(', ')}` };
        }
      }
    }
  }
}
// #endregion S18

/** Of each topic the partitions from 0 on, without a hole. A cooperative strategy leaves those out that change hands; see L1 for them. */
function* complete(history: History): Generator<Finding> {
  for (const { name, protocol, handedIn, wanted } of byGeneration(history).generations) {
    if (protocol?.includes('cooperative')) continue;
    for (const { request, asked } of handedIn) {
      const all = new Set(Object.values(request.assignments).flat());
      for (const topic of new Set([...wanted.values()].flat())) {
        const indices = [...all]
          .filter((one) => topicOf(one) === topic)
          .map((one) => Number(one.slice(topic.length + 1)));
        const missing = indices.length === 0 ? -1 : firstMissing(indices);
        if (missing >= 0 && missing < Math.max(...indices)) {
          yield { at: asked, text: `${name}: the leader gave ${topic}-${missing} to nobody` };
        }
      }
    }
  }
}

function firstMissing(indices: readonly number[]): number {
  let next = 0;
  while (indices.includes(next)) next++;
  return next;
}

// #region S20
function* ownSlice(history: History): Generator<Finding> {
  const { generations, nameOf } = byGeneration(history);
  for (const { name, got, handedIn } of generations) {
    for (const { request, response, answered } of got) {
      const assignment = response?.assignment ?? [];
      const before = handedIn.filter(({ asked }) => asked < answered);
      if (before.length === 0) {
        yield {
          at: answered,
          text: `${name}: ${request.member} was answered before the leader had made an assignment`,
        };
        continue;
      }
      const parts = before.map((leader) => partOf(leader, request.member, nameOf));
      if (!parts.some((part) => same(part, assignment))) {
        const text = `${name}: ${request.member} got ${list(assignment)}, and the leader gave it ${list(parts[0])}`;
        yield { at: answered, text, because: [before[0].asked] };
      } else if (!hasBetween(history.offsetsSafe, before[0].asked, answered)) {
        const text = `${name}: ${request.member} got its assignment before that was safe in the log`;
        yield { at: answered, text, because: [before[0].asked] };
      }
    }
  }
}
// #endregion S20

function partOf({ request }: Exchange, member: string, nameOf: (member: string) => string): readonly string[] {
  const found = Object.entries(request.assignments).find(([id]) => nameOf(id) === nameOf(member));
  return found?.[1] ?? [];
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((partition) => other.includes(partition));
}

function list(partitions: readonly string[]): string {
  return partitions.length === 0 ? 'nothing' : partitions.join(', ');
}

/** The topic of `ledger-0`. */
export function topicOf(partition: string): string {
  return partition.slice(0, partition.lastIndexOf('-'));
}

export const assignmentProperties: readonly Property[] = [
  { row: 'S18', promise: 'In one generation a partition has one owner, who wants its topic.', check: disjoint },
  { row: 'S19', promise: 'Every partition of every topic that somebody wants is given to somebody.', check: complete },
  { row: 'S20', promise: 'A member gets its own part, and only once that is safe in the log.', check: ownSlice },
];
