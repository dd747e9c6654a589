/**
 * OffsetCommit: a member, or somebody who assigns partitions by hand, stores how far it has come.
 *
 * The coordinator checks who commits and in which generation, so that a member that was given up cannot overwrite its successor. It does
 * not check what is committed: not whether the partition belongs to the member, nor whether the offset grows or exists.
 */
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import type { CommitEvent, CommitResponse } from './events.ts';
import type { Appending, CommittedTopic, Group } from './group.ts';
import { type CommittedOffset, offsetRecord } from './offsetRecord.ts';
import type { CoordinatorRecord } from './outcome.ts';
import { commitErrorOf, refusal } from './refusal.ts';
import { type Step, validateMember } from './step.ts';

type CommitAppending = Extract<Appending, { kind: 'commit' }>;

// #region onCommit
export function onCommit(step: Step, event: CommitEvent): void {
  const error = commitError(step.group, event);
  if (error !== Errors.NONE) return step.reply(event.to, refusal(event, error));
  const member = step.group.members.get(event.memberId);
  if (member) step.startSession(member);
  const topics = event.topics.map((topic) => ({
    name: topic.name,
    partitions: topic.partitions.map(({ partitionIndex, committedOffset, committedMetadata }) => ({
      partitionIndex,
      offset: committedOffset,
      errorCode: partitionError(step, committedMetadata).code,
    })),
  }));
  const records = acceptedRecords(step, event);
  if (records.length === 0) return step.reply(event.to, commitResponse(topics));
  const { to, memberId, generationId } = event;
  step.append(records, { kind: 'commit', to, memberId, generationId, topics });
}

function commitError(group: Group, event: CommitEvent): ErrorCode {
  // Without a generation the commit comes from somebody outside the group protocol. That is allowed while nobody is inside.
  if (event.generationId < 0 && group.state === 'Empty') return Errors.NONE;
  if (event.generationId < 0 && event.memberId === '' && event.groupInstanceId === null)
    return Errors.UNKNOWN_MEMBER_ID;
  const identity = validateMember(group, event.memberId, event.groupInstanceId);
  if (identity !== Errors.NONE) return identity;
  if (event.generationId !== group.generationId) return Errors.ILLEGAL_GENERATION;
  // While a round is being prepared the generation is still the old one, and its members commit before they join again.
  return group.state === 'CompletingRebalance' ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE;
}
// #endregion onCommit

function partitionError(step: Step, metadata: string | null): ErrorCode {
  const tooLong = metadata !== null && metadata.length > step.settings.offsetMetadataMaxBytes;
  return tooLong ? Errors.OFFSET_METADATA_TOO_LARGE : Errors.NONE;
}

function acceptedRecords(step: Step, event: CommitEvent): CoordinatorRecord[] {
  return event.topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ committedMetadata }) => partitionError(step, committedMetadata) === Errors.NONE)
      .map((partition) =>
        offsetRecord(
          { group: event.groupId, topic: name, partition: partition.partitionIndex },
          {
            offset: partition.committedOffset,
            leaderEpoch: partition.committedLeaderEpoch,
            metadata: partition.committedMetadata ?? '',
            commitTimestamp: step.now,
            ...expiry(step.now, event),
          },
        ),
      ),
  );
}

/** A time that is further off than numbers reach is cut to the last that they do. */
function expiry(now: number, { retentionTimeMs }: CommitEvent): Pick<CommittedOffset, 'expireTimestamp'> {
  if (retentionTimeMs === undefined) return {};
  return { expireTimestamp: Math.min(now + retentionTimeMs, Number.MAX_SAFE_INTEGER) };
}

export function commitAppended(step: Step, done: CommitAppending): void {
  const { memberId, generationId } = done;
  for (const { name, partitions } of done.topics) {
    for (const { partitionIndex, offset, errorCode } of partitions) {
      if (errorCode !== Errors.NONE.code) continue;
      const where = { group: step.group.groupId, topic: name, partition: partitionIndex };
      step.tell('offset.committed', { ...where, offset, member: memberId, generation: generationId });
    }
  }
  step.reply(done.to, commitResponse(done.topics));
}

export function commitFailed(step: Step, failed: CommitAppending, error: number): void {
  step.reply(failed.to, commitResponse(failed.topics, commitErrorOf(error)));
}

/** `appendError`, if given, stands for every partition whose offset was to be written. */
export function commitResponse(topics: readonly CommittedTopic[], appendError?: number): CommitResponse {
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, errorCode }) => ({
        partitionIndex,
        errorCode: errorCode === Errors.NONE.code ? (appendError ?? errorCode) : errorCode,
      })),
    })),
  };
}
