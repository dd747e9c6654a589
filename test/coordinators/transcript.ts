/**
 * Runs a group from a text and answers what happened as a text of the same form, so that a test is a log that one can read.
 *
 * Lines that begin with `>` are events; what follows each of them is its outcome. Requests are numbered in the order in which they come,
 * and `#3 NONE` is the answer to the third. `> later 500` lets 500 ms pass. Timers are shown only where a test is about them. `> stable m1 m2` and `> completing m1 m2` begin
 * with a group in that state.
 */
import { expect } from 'vitest';
import { decodeKey } from '../../lib/coordinators/coordinatorKey.ts';
import {
  defaultGroupSettings,
  type GroupEvent,
  type GroupResponse,
  type GroupSettings,
} from '../../lib/coordinators/events.ts';
import { groupFromRecord } from '../../lib/coordinators/groupRecord.ts';
import { GroupShard } from '../../lib/coordinators/groupShard.ts';
import { decodeOffsetValue } from '../../lib/coordinators/offsetRecord.ts';
import type { CoordinatorRecord, Fact, Outcome } from '../../lib/coordinators/outcome.ts';
import { type ErrorName, Errors, errorOf } from '../../lib/protocol/errors.ts';

const GROUP = 'bank';
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (from: Uint8Array) => new TextDecoder().decode(from) || '-';

export interface Options extends Partial<GroupSettings> {
  readonly timers?: boolean;
}

/** Runs the events of `script` and expects exactly the outcomes written there. */
export function transcript(script: string, options: Options = {}): void {
  const written = linesOf(script);
  expect(
    play(
      written.filter((line) => line.startsWith('>')),
      options,
    ),
  ).toEqual(written);
}

function linesOf(script: string): string[] {
  return script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

export function play(events: readonly string[], options: Options = {}): string[] {
  const stage = new Stage(options);
  return events.flatMap((line) => [line, ...stage.play(line.slice(1).trim())]);
}

class Stage {
  readonly #settings: GroupSettings;
  readonly #timers: boolean;
  #shard: GroupShard;
  #requests = 0;
  #now = 1_000;
  #log: CoordinatorRecord[] = [];
  #appending: (readonly CoordinatorRecord[])[] = [];

  constructor({ timers = false, ...settings }: Options) {
    this.#settings = { ...defaultGroupSettings, ...settings };
    this.#timers = timers;
    this.#shard = new GroupShard(this.#settings);
  }

  play(line: string): string[] {
    const [verb, ...words] = line.split(/\s+/);
    if (verb === 'completing' || verb === 'stable') return this.#begin(verb, words);
    if (verb === 'failover') return this.#failover();
    if (verb === 'offsets') return this.#offsets();
    if (verb === 'topicDeleted') return this.#topicDeleted(words[0]);
    if (verb === 'later') {
      this.#now += Number(words[0]);
      return [];
    }
    if (verb === 'appended') this.#log.push(...(this.#appending.shift() ?? []));
    if (verb === 'appendFailed') this.#appending.pop();
    return this.#take(this.#shard.decide(GROUP, this.#event(verb, words), this.#now));
  }

  #take(outcome: Outcome<GroupResponse>): string[] {
    if (outcome.records.length > 0) this.#appending.push(outcome.records);
    return this.#show(outcome);
  }

  #topicDeleted(topic: string): string[] {
    return this.#shard.topicDeleted(topic, this.#now).flatMap(({ outcome }) => this.#take(outcome));
  }

  /** A group of these members in generation 1, without the lines in which it came about. In Stable each has its letter as assignment. */
  #begin(state: 'completing' | 'stable', members: string[]): string[] {
    for (const member of members) this.play(`join new id=${member} once`);
    this.play('timer join');
    if (members.length > 1) this.play('timer join');
    if (state === 'stable') {
      const assignments = members.map((member, index) => `${member}=${'ABC'[index]}`).join(' ');
      for (const member of members) this.play(`sync ${member} 1 ${assignments}`);
      this.play('appended');
    }
    this.#requests = 0;
    return [];
  }

  /** The coordinator dies, and another one reads what is safe in the log. */
  #failover(): string[] {
    this.#shard = new GroupShard(this.#settings);
    this.#appending = [];
    for (const record of this.#log) this.#shard.replay(record);
    return this.#shard.loaded(this.#now).flatMap(({ key, outcome }) => {
      const group = this.#shard.group(key);
      const members = [...(group?.members.values() ?? [])].map(
        (member) => `${member.memberId}=${text(member.assignment)}`,
      );
      return [[`${group?.state} @${group?.generationId}`, ...members].join(' '), ...this.#show(outcome)];
    });
  }

  #offsets(): string[] {
    return [...this.#shard.offsets(GROUP)].flatMap(([topic, partitions]) =>
      [...partitions].map(([partition, { offset }]) => `${topic}/${partition}=${offset}`),
    );
  }

  #event(verb: string, words: string[]): GroupEvent {
    const settings = new Map(
      words.filter((word) => /^\w+=/.test(word)).map((word) => word.split('=') as [string, string]),
    );
    const [first, second] = words;
    const groupInstanceId = settings.get('instance') ?? null;
    const member = {
      groupId: settings.get('group') ?? GROUP,
      memberId: first === 'nobody' ? '' : first,
      groupInstanceId,
    };
    switch (verb) {
      case 'join':
        return {
          type: verb,
          to: ++this.#requests,
          ...member,
          memberId: first === 'new' ? '' : first,
          newMemberId: settings.get('id') ?? 'unused',
          clientId: 'client',
          clientHost: '/127.0.0.1',
          sessionTimeoutMs: Number(settings.get('session') ?? 45_000),
          rebalanceTimeoutMs: Number(settings.get('rebalance') ?? 300_000),
          protocolType: settings.get('type') ?? 'consumer',
          protocols: (settings.get('offers') ?? 'range').split(',').flatMap((offer) => {
            const [name, metadata = 'ledger'] = offer.split(':');
            return name === 'nothing' ? [] : [{ name, metadata: bytes(metadata) }];
          }),
          requireKnownMemberId: !words.includes('once'),
          canSkipAssignment: words.includes('v9'),
        };
      case 'sync':
        return {
          type: verb,
          to: ++this.#requests,
          ...member,
          generationId: Number(second),
          protocolType: settings.get('type') ?? null,
          protocolName: settings.get('name') ?? null,
          assignments: words.slice(2).flatMap((word) => {
            const [, memberId, assignment] = /^(m\d)=(.*)$/.exec(word) ?? [];
            return memberId === undefined ? [] : [{ memberId, assignment: bytes(assignment) }];
          }),
        };
      case 'heartbeat':
        return { type: verb, to: ++this.#requests, ...member, generationId: Number(second) };
      case 'leave':
        return {
          type: verb,
          to: ++this.#requests,
          groupId: GROUP,
          members: words.map((word) => {
            const [memberId, instance = null] = word.split('/');
            return { memberId: memberId === 'nobody' ? '' : memberId, groupInstanceId: instance };
          }),
        };
      case 'commit':
        return {
          type: verb,
          to: ++this.#requests,
          ...member,
          generationId: Number(second),
          ...(settings.has('keep') ? { retentionTimeMs: Number(settings.get('keep')) } : {}),
          topics: words.slice(2).flatMap((word) => {
            const [, name, partition, offset, size] = /^(\w+)\/(\d+)=(-?\d+)(?:~(\d+))?$/.exec(word) ?? [];
            if (name === undefined) return [];
            const metadata = size === undefined ? null : 'x'.repeat(Number(size));
            const committed = {
              committedOffset: Number(offset),
              committedLeaderEpoch: -1,
              committedMetadata: metadata,
            };
            return [{ name, partitions: [{ partitionIndex: Number(partition), ...committed }] }];
          }),
        };
      case 'delete': {
        const offsets = [...this.#shard.offsets(GROUP)].flatMap(([topic, partitions]) =>
          [...partitions.keys()].map((partition) => ({ topic, partition })),
        );
        return { type: verb, to: ++this.#requests, groupId: GROUP, offsets };
      }
      case 'deleteOffsets':
        return {
          type: verb,
          to: ++this.#requests,
          groupId: GROUP,
          topics: words.map((word) => {
            const [name, partition] = word.split('/');
            const partitionIndex = Number(partition);
            const hasOffset = this.#shard.offsets(GROUP).get(name)?.has(partitionIndex) ?? false;
            return { name, partitions: [{ partitionIndex, hasOffset }] };
          }),
        };
      case 'sweep': {
        const offsets = [...this.#shard.offsets(GROUP)].flatMap(([topic, partitions]) =>
          [...partitions].map(([partition, { commitTimestamp, expireTimestamp }]) => ({
            ...{ topic, partition, commitTimestamp },
            ...(expireTimestamp === undefined ? {} : { expireTimestamp }),
          })),
        );
        return { type: verb, offsets };
      }
      case 'timer':
        return { type: verb, name: words.join(' ') };
      case 'appendFailed':
        return { type: verb, error: Errors[first as ErrorName].code };
      case 'appended':
      case 'unload':
        return { type: verb };
      default:
        throw new Error(`the transcript has no event ${verb}`);
    }
  }

  #show({ facts, records, replies, timers }: Outcome<GroupResponse>): string[] {
    return [
      ...facts.flatMap(showFact),
      ...records.map((record) => `append ${showRecord(record)}`),
      ...replies.map(({ to, response }) => `#${to} ${showResponse(response)}`),
      ...(this.#timers ? timers.map(({ name, afterMs }) => `timer ${name} ${afterMs ?? 'off'}`) : []),
    ];
  }
}

function showFact({ what, detail }: Fact): string[] {
  if (what === 'group.state') return [`${detail.from} → ${detail.to} @${detail.generation}`];
  if (what === 'group.member') return [`${detail.member} ${detail.change}: ${detail.why}`];
  if (what === 'offset.expired' || what === 'offset.deleted') return [`${what} ${detail.topic}/${detail.partition}`];
  return [
    `${what} ${detail.topic}/${detail.partition}=${detail.offset} by ${detail.member || 'nobody'} @${detail.generation}`,
  ];
}

function showRecord({ key, value }: CoordinatorRecord): string {
  const about = decodeKey(key);
  if (about === null) throw new Error('a record of unknown kind');
  if (about.kind === 'offset') {
    const offset = value === null ? 'deleted' : decodeOffsetValue(value).offset;
    return `${about.topic}/${about.partition}=${offset}`;
  }
  if (value === null) return 'group deleted';
  const group = groupFromRecord(about.group, value);
  const members = [...group.members.values()].map((member) => `${member.memberId}=${text(member.assignment)}`);
  return [`group @${group.generationId}`, ...(group.protocolName ? [group.protocolName] : []), ...members].join(' ');
}

function showResponse(response: GroupResponse): string {
  if ('topics' in response) {
    if ('errorCode' in response && response.errorCode !== 0) return errorOf(response.errorCode).name;
    return response.topics
      .flatMap(({ name, partitions }) =>
        partitions.map(({ partitionIndex, errorCode }) => `${name}/${partitionIndex} ${errorOf(errorCode).name}`),
      )
      .join(', ');
  }
  const error = errorOf(response.errorCode).name;
  if ('assignment' in response) return error === 'NONE' ? `assigned ${text(response.assignment ?? bytes(''))}` : error;
  if ('memberId' in response) {
    if (error !== 'NONE') return `${error} ${response.memberId || '-'}`;
    const { memberId, generationId, protocolName, leader, members, skipAssignment } = response;
    const seen = members.map((member) => `${member.memberId}:${text(member.metadata)}`).join(' ');
    return `${memberId} joined @${generationId} ${protocolName}, leader ${leader}${seen && `, sees ${seen}`}${skipAssignment ? ', keeps the assignment' : ''}`;
  }
  if ('members' in response) {
    return (response.members ?? [])
      .map(({ memberId, errorCode }) => `${memberId || 'nobody'} ${errorOf(errorCode).name}`)
      .join(', ');
  }
  return error;
}
