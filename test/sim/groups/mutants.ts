/**
 * Mutants: the library with one thing wrong, to see whether the seeds would notice. Each is a replacement at one place of one file, made while the
 * library is bundled (mutate.ts), so that nothing of it is in `lib/`. A checker that finds nothing in the library as it is has said something only if
 * it finds these.
 */
export interface Mutant {
  readonly name: string;
  /** What is wrong, in plain words. */
  readonly says: string;
  readonly file: string;
  /** Has to be there once. */
  readonly find: string;
  readonly replace: string;
}

const coordinators: readonly Mutant[] = [
  {
    name: 'commit-answered-before-append',
    says: 'a commit is acknowledged before its record is safe in the log',
    file: 'lib/coordinators/commit.ts',
    find: "step.append(records, { kind: 'commit', to, memberId, generationId, topics });",
    replace:
      "step.reply(to, commitResponse(topics)); step.append(records, { kind: 'commit', to, memberId, generationId, topics });",
  },
  {
    name: 'generation-not-checked',
    says: 'a commit is accepted whatever generation it names',
    file: 'lib/coordinators/commit.ts',
    find: 'if (event.generationId !== group.generationId) return Errors.ILLEGAL_GENERATION;',
    replace: '',
  },
  {
    name: 'commit-of-anybody',
    says: 'a commit is accepted from somebody who is no member',
    file: 'lib/coordinators/commit.ts',
    find: 'if (identity !== Errors.NONE) return identity;',
    replace: '',
  },
  {
    name: 'refused-commit-written',
    says: 'a commit that is refused is written to the log all the same',
    file: 'lib/coordinators/commit.ts',
    find: 'if (error !== Errors.NONE) return step.reply(event.to, refusal(event, error));',
    replace:
      "if (error !== Errors.NONE) { step.append(acceptedRecords(step, event), { kind: 'empty' }); return step.reply(event.to, refusal(event, error)); }",
  },
  {
    name: 'followers-before-leader',
    says: 'followers are answered before the leader has made an assignment',
    file: 'lib/coordinators/sync.ts',
    find: '  park(step, event, member);\n',
    replace:
      '  if (event.memberId !== step.group.leaderId) return step.reply(event.to, synced(step.group, member));\n  park(step, event, member);\n',
  },
  {
    name: 'assignment-before-append',
    says: 'members get their assignment before it is safe in the log',
    file: 'lib/coordinators/sync.ts',
    find: "  step.append([groupRecord(step.group, step.now, assignments)], { kind: 'assignment', generationId, assignments });",
    replace:
      "  step.append([groupRecord(step.group, step.now, assignments)], { kind: 'assignment', generationId, assignments }); assignmentAppended(step, { kind: 'assignment', generationId, assignments });",
  },
  {
    name: 'assignment-of-another',
    says: 'a member is given the part of the member before it',
    file: 'lib/coordinators/sync.ts',
    find: 'assignment: done.assignments.get(member.memberId) ?? NOTHING, parkedSync: null };',
    replace: 'assignment: [...done.assignments.values()][0] ?? NOTHING, parkedSync: null };',
  },
  {
    name: 'session-not-restarted',
    says: 'a heartbeat does not prolong the session of a member',
    file: 'lib/coordinators/heartbeat.ts',
    find: 'step.startSession(member);',
    replace: '{}',
  },
  {
    name: 'session-never-ends',
    says: 'a member that has died is never given up',
    file: 'lib/coordinators/session.ts',
    find: 'if (member === undefined || waitsForUs(member)) return;',
    replace: 'if (member === undefined || member !== null) return;',
  },
  {
    name: 'nobody-waited-for',
    says: 'a join phase ends as soon as one member is there',
    file: 'lib/coordinators/group.ts',
    find: 'return group.pendingIds.size === 0 && awaitingJoin(group) === group.members.size;',
    replace: 'return awaitingJoin(group) > 0;',
  },
  {
    name: 'kept-without-joining',
    says: 'a member that only sends heartbeats and never joins again is kept in the group',
    file: 'lib/coordinators/rebalance.ts',
    find: 'if (member.parkedJoin === null && member.groupInstanceId === null) {',
    replace: 'if (member === null) {',
  },
  {
    name: 'no-join-timeout',
    says: 'a join phase waits for ever for members that do not come',
    file: 'lib/coordinators/rebalance.ts',
    find: '  if (everybodyJoined(step.group)) return completeJoin(step);\n  step.startTimer(JOIN_TIMER, rebalanceTimeoutMs(step.group));',
    replace: '  if (everybodyJoined(step.group)) return completeJoin(step);',
  },
  {
    name: 'same-generation-again',
    says: 'a join phase does not make a new generation',
    file: 'lib/coordinators/rebalance.ts',
    find: 'generationId: step.group.generationId + 1 }',
    replace: 'generationId: Math.max(1, step.group.generationId) }',
  },
  {
    name: 'list-for-everybody',
    says: 'every member gets the list that is meant for the leader',
    file: 'lib/coordinators/rebalance.ts',
    find: 'members: member.memberId === group.leaderId ? membersForLeader(group) : [],',
    replace: 'members: membersForLeader(group),',
  },
  {
    name: 'leader-by-itself',
    says: 'every member is told that it leads',
    file: 'lib/coordinators/rebalance.ts',
    find: "leader: group.leaderId ?? '',\n    memberId: member.memberId,",
    replace: 'leader: member.memberId,\n    memberId: member.memberId,',
  },
  {
    name: 'strategy-of-the-oldest',
    says: 'the strategy is the favourite of the oldest member, whether the others know it or not',
    file: 'lib/coordinators/vote.ts',
    find: 'return oldest === undefined ? [] : sharedByAll(group, oldest.protocols);',
    replace:
      'return oldest === undefined ? [] : oldest.protocols.map(({ name }) => name).slice(0, group.members.size);',
  },
  {
    name: 'no-limit-of-members',
    says: 'group.max.size is not looked at',
    file: 'lib/coordinators/join.ts',
    find: "if (group.state === 'Empty') return true;",
    replace: 'if (group !== null) return true;',
  },
  {
    name: 'late-join-forgotten',
    says: 'a new member does not begin a rebalance',
    file: 'lib/coordinators/join.ts',
    find: "  step.tellMember(memberId, 'joined', 'new');\n  rebalance(step);",
    replace: "  step.tellMember(memberId, 'joined', 'new');\n  if (step.group.state !== 'Stable') rebalance(step);",
  },
  {
    name: 'last-batch-not-read',
    says: 'a coordinator that starts again leaves out the newest records of its log',
    file: 'lib/broker/coordinatorPartition.ts',
    find: 'const end = log.logEndOffset;',
    replace: 'const end = log.logEndOffset - 1;',
  },
  {
    name: 'offsets-never-go-back',
    says: 'a commit of a smaller offset is acknowledged and not stored',
    file: 'lib/coordinators/groupShard.ts',
    find: 'else partitions.set(partition, decodeOffsetValue(value));',
    replace:
      'else if (decodeOffsetValue(value).offset >= (partitions.get(partition)?.offset ?? 0)) partitions.set(partition, decodeOffsetValue(value));',
  },
];

const clients: readonly Mutant[] = [
  {
    name: 'revoke-not-called',
    says: 'partitions are given up without a word to the listener',
    file: 'lib/client/consumer/rebalancer.ts',
    find: "const error = await this.#call('onPartitionsRevoked', partitions);",
    replace: 'const error = undefined as Error | undefined;',
  },
  {
    name: 'kept-when-expelled',
    says: 'a member that the group has gone on without keeps its partitions',
    file: 'lib/client/consumer/rebalancer.ts',
    find: '      if (partitions.length > 0) error = await this.#lose(partitions);',
    replace: '',
  },
  {
    name: 'no-second-meeting',
    says: 'cooperative: who has given up partitions does not ask for the meeting at which others get them',
    file: 'lib/client/consumer/rebalancer.ts',
    find: "this.#membership.requestRejoin('partitions were revoked: others can have them now');",
    replace: '',
  },
  {
    name: 'committed-too-early',
    says: 'poll commits behind the records that it is about to return',
    file: 'lib/client/consumer/consumer.ts',
    find: '        autoCommit.ifDue();\n        positions.find();\n        const records = fetcher.collect(this.#settings.maxPollRecords);',
    replace:
      '        positions.find();\n        const records = fetcher.collect(this.#settings.maxPollRecords);\n        autoCommit.ifDue();',
  },
  {
    name: 'refused-commit-believed',
    says: 'a commit that was refused counts as done',
    file: 'lib/client/consumer/offsets.ts',
    find: 'if (errorCode !== 0) this.#refused(errorCode, nameOf({ topic: name, partition: partitionIndex }), generation);',
    replace:
      'if (errorCode === -2) this.#refused(errorCode, nameOf({ topic: name, partition: partitionIndex }), generation);',
  },
  {
    name: 'one-too-far',
    says: 'reading begins behind the committed offset',
    file: 'lib/client/consumer/positions.ts',
    find: "this.#place(partition, found.offset, found.leaderEpoch, 'committed');",
    replace: "this.#place(partition, found.offset + 1, found.leaderEpoch, 'committed');",
  },
  {
    name: 'old-stock',
    says: 'records that were fetched before a seek are returned after it',
    file: 'lib/client/consumer/fetcher.ts',
    find: 'const fits = this.#state.owns(partition) && partition.position?.offset === fetched.next.offset;',
    replace: 'const fits = this.#state.owns(partition) && partition.position !== undefined;',
  },
  {
    name: 'stock-of-others',
    says: 'records are returned of partitions that have been given up',
    file: 'lib/client/consumer/fetcher.ts',
    find: 'const fits = this.#state.owns(partition) && partition.position?.offset === fetched.next.offset;',
    replace: 'const fits = partition.position?.offset === fetched.next.offset;',
  },
  {
    name: 'last-partition-forgotten',
    says: 'the range strategy forgets what is left over',
    file: 'lib/assignors/range.ts',
    find: 'const end = next + share + (index < rest ? 1 : 0);',
    replace: 'const end = next + share + (index < rest - 1 ? 1 : 0);',
  },
  {
    name: 'partition-twice',
    says: 'the range strategy gives neighbours one partition in common',
    file: 'lib/assignors/range.ts',
    find: '      let next = 0;\n      for (const [index, { memberId }] of subscribers.entries()) {',
    replace:
      '      let next = 0;\n      for (const [index, { memberId }] of subscribers.entries()) {\n        if (next > 0) next--;',
  },
];

export const mutants: readonly Mutant[] = [...coordinators, ...clients];

/** The three of the short form. */
export const shortMutants: readonly string[] = [
  'commit-answered-before-append',
  'generation-not-checked',
  'revoke-not-called',
];
