/** Who has which partitions while a fair division is being looked for (fairShares.ts), and how even that is. */
import { nameOf, type TopicPartition } from './assignor.ts';
import { type Claimant, removeFrom } from './claims.ts';

export class Shares {
  readonly assignment: Map<string, TopicPartition[]>;
  readonly #claimants: readonly Claimant[];
  readonly #takers: ReadonlyMap<string, readonly string[]>;
  readonly #partitionCounts: ReadonlyMap<string, number>;
  readonly #holders = new Map<string, string>();

  constructor(
    claimants: readonly Claimant[],
    topics: readonly string[],
    partitionCounts: ReadonlyMap<string, number>,
    assignment: ReadonlyMap<string, readonly TopicPartition[]> = new Map(),
  ) {
    this.#claimants = claimants;
    this.#partitionCounts = partitionCounts;
    this.#takers = new Map(
      topics.map((topic) => [
        topic,
        claimants.filter((one) => one.topics.includes(topic)).map(({ memberId }) => memberId),
      ]),
    );
    this.assignment = new Map(claimants.map(({ memberId }) => [memberId, []]));
    for (const [memberId, partitions] of assignment) for (const partition of partitions) this.give(partition, memberId);
  }

  copy(): Shares {
    return new Shares(this.#claimants, [...this.#takers.keys()], this.#partitionCounts, this.assignment);
  }

  get isEmpty(): boolean {
    return this.#holders.size === 0;
  }

  /** The members that want a topic, by their ids. */
  takersOf(topic: string): readonly string[] {
    return this.#takers.get(topic) ?? [];
  }

  holderOf(partition: TopicPartition): string | undefined {
    return this.#holders.get(nameOf(partition));
  }

  sizeOf(memberId: string): number {
    return this.assignment.get(memberId)!.length;
  }

  /** Of those who want a topic, the one that has least; of several the first by id. */
  smallest(topic: string): string | undefined {
    const [first, ...others] = this.takersOf(topic);
    return others.reduce((least, one) => (this.sizeOf(one) < this.sizeOf(least) ? one : least), first);
  }

  /** Gives a partition to a member, and takes it from whoever has it. */
  give(partition: TopicPartition, memberId: string): void {
    const name = nameOf(partition);
    const before = this.#holders.get(name);
    if (before !== undefined) removeFrom(this.assignment.get(before)!, name);
    this.assignment.get(memberId)!.push(partition);
    this.#holders.set(name, memberId);
  }

  /** Whether no partition can go to a member that has at least two fewer than its holder. */
  get areBalanced(): boolean {
    const sizes = [...this.assignment.values()].map((share) => share.length);
    if (Math.max(...sizes) - Math.min(...sizes) <= 1) return true;
    for (const [topic, takers] of this.#takers) {
      const least = Math.min(...takers.map((memberId) => this.sizeOf(memberId)));
      for (let partition = 0; partition < this.#partitionCounts.get(topic)!; partition++) {
        if (this.sizeOf(this.holderOf({ topic, partition })!) > least + 1) return false;
      }
    }
    return true;
  }

  /** The sum of the differences between all pairs of members: 0 when all have the same number. */
  get inequality(): number {
    const sizes = [...this.assignment.values()].map((share) => share.length);
    return sizes.reduce(
      (sum, size, index) => sum + sizes.slice(index + 1).reduce((part, other) => part + Math.abs(size - other), 0),
      0,
    );
  }
}
