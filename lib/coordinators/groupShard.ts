/**
 * All groups of one partition of `__consumer_offsets`, with their offsets: what the runtime loads, asks and unloads as one piece.
 *
 * Groups change by `decide`. Offsets change in one way only, by `replay` of a record that is safe in the log; it makes no difference whether
 * that record was read when the coordinator started or has just been written. So what an OffsetFetch answers is always what is in the log.
 */
import { decodeKey } from './coordinatorKey.ts';
import { type Decision, decide } from './decide.ts';
import type { GroupEvent, GroupResponse, GroupSettings } from './events.ts';
import { type Group, newGroup } from './group.ts';
import { groupFromRecord } from './groupRecord.ts';
import { type CommittedOffset, decodeOffsetValue } from './offsetRecord.ts';
import type { CoordinatorRecord, Outcome } from './outcome.ts';

export type GroupOffsets = ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>;

const NO_OFFSETS: GroupOffsets = new Map();

export class GroupShard {
  readonly #settings: GroupSettings;
  readonly #groups = new Map<string, Group>();
  readonly #offsets = new Map<string, Map<string, Map<number, CommittedOffset>>>();
  /** Records that are being appended, group by group, the oldest batch first. */
  readonly #appending = new Map<string, (readonly CoordinatorRecord[])[]>();

  constructor(settings: GroupSettings) {
    this.#settings = settings;
  }

  // #region replay
  /** Takes one record of the log, in order. Throws `MalformedBytes`. */
  replay({ key, value }: CoordinatorRecord): void {
    const about = decodeKey(key);
    if (about === null) return;
    if (about.kind === 'offset') return this.#replayOffset(about.group, about.topic, about.partition, value);
    if (value === null) this.#groups.delete(about.group);
    else this.#groups.set(about.group, groupFromRecord(about.group, value));
  }
  // #endregion replay

  /** To be called once the whole log has been replayed: what the groups found there ask for. */
  loaded(now: number): readonly { readonly key: string; readonly outcome: Outcome<GroupResponse> }[] {
    // A group that has only ever stored offsets has no record of its own.
    for (const groupId of this.#offsets.keys()) {
      if (!this.#groups.has(groupId)) this.#groups.set(groupId, newGroup(groupId));
    }
    return [...this.#groups.keys()].map((key) => ({ key, outcome: this.decide(key, { type: 'loaded' }, now) }));
  }

  /** What is to be forgotten, group by group: to be called from time to time. */
  swept(now: number): readonly { readonly key: string; readonly outcome: Outcome<GroupResponse> }[] {
    return [...this.#groups.keys()].map((key) => {
      const offsets = [...this.offsets(key)].flatMap(([topic, partitions]) =>
        [...partitions].map(([partition, { commitTimestamp, expireTimestamp }]) => ({
          ...{ topic, partition, commitTimestamp },
          ...(expireTimestamp === undefined ? {} : { expireTimestamp }),
        })),
      );
      return { key, outcome: this.decide(key, { type: 'sweep', offsets }, now) };
    });
  }

  /** What a topic that was deleted leaves to do, group by group. */
  topicDeleted(
    topic: string,
    now: number,
  ): readonly { readonly key: string; readonly outcome: Outcome<GroupResponse> }[] {
    return [...this.#groups.keys()].map((key) => {
      const partitions = this.#partitionsOf(key, topic);
      return { key, outcome: this.decide(key, { type: 'topicDeleted', topic, partitions }, now) };
    });
  }

  decide(groupId: string, event: GroupEvent, now: number): Outcome<GroupResponse> {
    const decision = decide(this.#groups.get(groupId) ?? null, event, now, this.#settings);
    if (event.type === 'appended') this.#replayOldest(groupId);
    if (event.type === 'appendFailed') this.#take(groupId, 'newest');
    if (event.type === 'unload') this.#appending.delete(groupId);
    if (decision.records.length > 0) this.#remember(groupId, decision);
    if (decision.group === null) this.#groups.delete(groupId);
    else this.#groups.set(groupId, decision.group);
    return decision;
  }

  group(groupId: string): Group | undefined {
    return this.#groups.get(groupId);
  }

  get keys(): Iterable<string> {
    return this.#groups.keys();
  }

  get groups(): Iterable<Group> {
    return this.#groups.values();
  }

  /** The offsets of a group by topic and partition; none for a group that does not exist. */
  offsets(groupId: string): GroupOffsets {
    return this.#offsets.get(groupId) ?? NO_OFFSETS;
  }

  /** A commit that is being appended counts: its record comes before any that is decided on now. */
  #partitionsOf(groupId: string, topic: string): number[] {
    const partitions = new Set(this.offsets(groupId).get(topic)?.keys());
    for (const { key, value } of (this.#appending.get(groupId) ?? []).flat()) {
      const about = decodeKey(key);
      if (about?.kind === 'offset' && about.topic === topic && value !== null) partitions.add(about.partition);
    }
    return [...partitions].sort((a, b) => a - b);
  }

  #remember(groupId: string, { records }: Decision): void {
    const batches = this.#appending.get(groupId) ?? [];
    batches.push(records);
    this.#appending.set(groupId, batches);
  }

  /** The log makes batches safe in their order; what it refuses, it refuses at once, so that is always the newest. */
  #take(groupId: string, which: 'oldest' | 'newest'): readonly CoordinatorRecord[] {
    const batches = this.#appending.get(groupId) ?? [];
    const taken = (which === 'oldest' ? batches.shift() : batches.pop()) ?? [];
    if (batches.length === 0) this.#appending.delete(groupId);
    return taken;
  }

  #replayOldest(groupId: string): void {
    for (const { key, value } of this.#take(groupId, 'oldest')) {
      const about = decodeKey(key);
      if (about?.kind === 'offset') this.#replayOffset(about.group, about.topic, about.partition, value);
    }
  }

  #replayOffset(groupId: string, topic: string, partition: number, value: Uint8Array | null): void {
    const topics = this.#offsets.get(groupId) ?? new Map<string, Map<number, CommittedOffset>>();
    const partitions = topics.get(topic) ?? new Map<number, CommittedOffset>();
    if (value === null) partitions.delete(partition);
    else partitions.set(partition, decodeOffsetValue(value));
    if (partitions.size === 0) topics.delete(topic);
    else topics.set(topic, partitions);
    if (topics.size === 0) this.#offsets.delete(groupId);
    else this.#offsets.set(groupId, topics);
  }
}
