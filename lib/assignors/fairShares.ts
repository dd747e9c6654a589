/**
 * The sticky division of a group whose members want different topics.
 *
 * Now a partition cannot go to just anybody, and the sizes are not known in advance. So: everybody keeps what it may keep, each free partition
 * goes to whoever has least among those who want it, and then partitions are moved, one at a time, from members that have at least two more
 * than another one that could take it, until none is left to move. If all that moving has not made the shares more equal, it is undone.
 *
 * Source: Apache Kafka `AbstractStickyAssignor.GeneralAssignmentBuilder`, without racks.
 */
import { compare, nameOf, partitionsOf, type TopicPartition } from './assignor.ts';
import type { Claimant, Claims } from './claims.ts';
import { Movements } from './movements.ts';
import { Shares } from './shares.ts';

export function divideFairly(
  claims: Claims,
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  return new FairDivision(claims, partitionCounts).divide();
}

class FairDivision {
  readonly #claims: Claims;
  /** Those with the fewest takers first, since they leave the least choice. */
  readonly #all: readonly TopicPartition[];
  readonly #shares: Shares;
  readonly #movements = new Movements();
  readonly #earlier: ReadonlyMap<string, Claimant>;

  constructor(claims: Claims, partitionCounts: ReadonlyMap<string, number>) {
    this.#claims = claims;
    this.#shares = new Shares(claims.claimants, claims.topics, partitionCounts);
    const takers = (topic: string) => this.#shares.takersOf(topic).length;
    const topics = [...claims.topics].sort((a, b) => takers(a) - takers(b) || compare(a, b));
    this.#all = topics.flatMap((topic) => partitionsOf(topic, partitionCounts));
    this.#earlier = earlierHolders(claims.claimants);
  }

  // #region divide
  divide(): Map<string, TopicPartition[]> {
    const shares = this.#shares;
    const hadToGiveUp = this.#keepOwned();
    const wasEmpty = shares.isEmpty;
    const free = this.#all.filter((partition) => shares.holderOf(partition) === undefined);
    for (const partition of free) shares.give(partition, shares.smallest(partition.topic)!);

    const movable = ({ topic }: TopicPartition) => shares.takersOf(topic).length > 1;
    const before = shares.copy();
    // What is new can be moved without taking anything from anybody; only then what is old.
    if (!hadToGiveUp) this.#even(free.filter(movable));
    const hasMoved = this.#even(this.#all.filter(movable));
    return (!wasEmpty && hasMoved && shares.inequality >= before.inequality ? before : shares).assignment;
  }
  // #endregion divide

  /** Answers whether some member has lost interest in something that it held. */
  #keepOwned(): boolean {
    let hadToGiveUp = false;
    for (const { memberId, topics } of this.#claims.claimants) {
      for (const partition of this.#claims.owned.get(memberId)!) {
        if (topics.includes(partition.topic)) this.#shares.give(partition, memberId);
        else hadToGiveUp = true;
      }
    }
    return hadToGiveUp;
  }

  /** Moves partitions until nobody can take one from a member that has two more. Answers whether any was moved. */
  #even(partitions: readonly TopicPartition[]): boolean {
    let hasMoved = false;
    for (let isDone = false; !isDone; ) {
      isDone = true;
      for (const partition of partitions) {
        if (this.#shares.areBalanced) break;
        const taker = this.#betterHolder(partition);
        if (taker === undefined) continue;
        this.#move(partition, taker);
        hasMoved = true;
        isDone = false;
      }
    }
    return hasMoved;
  }

  /** Somebody who has at least two partitions fewer: the last holder before this one, who may know it still, or else who has least. */
  #betterHolder(partition: TopicPartition): string | undefined {
    const size = this.#shares.sizeOf(this.#shares.holderOf(partition)!);
    const isBetter = (memberId: string) => size > this.#shares.sizeOf(memberId) + 1;
    const earlier = this.#earlier.get(nameOf(partition));
    if (earlier?.topics.includes(partition.topic) && isBetter(earlier.memberId)) return earlier.memberId;
    const smallest = this.#shares.smallest(partition.topic)!;
    return isBetter(smallest) ? smallest : undefined;
  }

  /** Moves the partition, or in its place one of the same topic that has come the other way: going back and forth is no gain. */
  #move(wanted: TopicPartition, to: string): void {
    const partition = this.#movements.instead(wanted, this.#shares.holderOf(wanted)!, to);
    this.#movements.note(partition, this.#shares.holderOf(partition)!, to);
    this.#shares.give(partition, to);
  }
}

/** Who held a partition before, by the claims that are not of the youngest generation; of several the latest. */
function earlierHolders(claimants: readonly Claimant[]): Map<string, Claimant> {
  const youngest = Math.max(-1, ...claimants.map(({ past }) => past.generationId));
  const earlier = new Map<string, Claimant>();
  for (const claimant of claimants) {
    if (claimant.past.generationId >= youngest) continue;
    for (const name of claimant.past.partitions.map(nameOf)) {
      const known = earlier.get(name);
      if (known === undefined || known.past.generationId < claimant.past.generationId) earlier.set(name, claimant);
    }
  }
  return earlier;
}
