/**
 * The state of the stage while a trace goes by: takes one event after the other, and knows at each what can be seen and what there is to tell.
 *
 * Programs, partitions and the group are kept apart from what is said over the wire, so that a reader who has not met the protocol can be shown the same run without it.
 */
import { Errors, errorOf } from '../../protocol/errors.ts';
import type { TraceEvent } from '../../trace/trace.ts';
import {
  type GroupScene,
  type MemberScene,
  type MessageScene,
  MOST_MESSAGES,
  MOST_PARTITIONS,
  MOST_SAYINGS,
  type PartitionScene,
  type Saying,
  type Scene,
} from './scene.ts';

export type Mutable<T> = { -readonly [name in keyof T]: T[name] };

interface Commit {
  readonly partition: string;
  readonly offset: number;
}

/** Of what there are many only the first kind is told when a play would be too long. */
type Weight = 'group' | 'record';

/** `website 1/consumer-1` is a client of the process `website 1`; its member id begins the same way. */
export function processOf(client: unknown): string {
  return String(client).split('/')[0];
}

/** What can be seen now. */
export class Stage {
  readonly #members = new Map<string, Mutable<MemberScene>>();
  readonly #partitions = new Map<string, Mutable<PartitionScene>>();
  readonly #hasProtocol: boolean;
  /** The group of the cast: the first that one of them asks to join. */
  #groupName: string | undefined;
  #group: GroupScene | undefined;
  readonly #done: string[] = [];
  /** When each member last asked for a record, and when it last was handed some. */
  readonly #polls = new Map<string, number>();
  readonly #handedAt = new Map<string, number>();
  /** Who has been told to join again, and has not come yet: heartbeats hear it every few seconds. */
  readonly #called = new Set<string>();
  #says: Saying[] = [];
  #messages: MessageScene[] = [];
  isOfGroup = false;

  constructor(cast: readonly string[], hasProtocol: boolean) {
    this.#hasProtocol = hasProtocol;
    for (const name of cast) this.#members.set(name, { name, state: 'absent', reads: [], leads: false });
  }

  get isWorthTelling(): boolean {
    return this.#says.length > 0;
  }

  scene(at: number): Scene {
    const partitions = [...this.#partitions.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
    return {
      at,
      says: this.#says.slice(0, MOST_SAYINGS),
      group: this.#hasProtocol ? this.#group : undefined,
      partitions: partitions.slice(0, MOST_PARTITIONS).map((partition) => ({ ...partition })),
      members: [...this.#members.values()].map((member) => ({ ...member })),
      messages: this.#messages.slice(0, MOST_MESSAGES),
      done: this.#done.slice(-3),
    };
  }

  endMoment(): void {
    this.#says = [];
    this.#messages = [];
    this.isOfGroup = false;
  }

  take(event: TraceEvent): void {
    const { at, node, what, detail } = event;
    if (what.startsWith('wire.')) return this.#takeWire(event);
    if (what.startsWith('partition.')) return this.#takePartition(event);
    if (what === 'group.state' || what === 'group.member' || what === 'offset.committed') return this.#takeGroup(event);
    const who = processOf(node);
    const member = this.#members.get(who);
    if (member === undefined) return;
    if (what.startsWith('consumer.')) return this.#takeConsumer(event, member);
    if (what.startsWith('process.')) return this.#takeProcess(what.slice('process.'.length), member);
    if (what === 'task.failed') return this.#tell(`${who} fails: ${detail.message}`, 'group', true);
    if (what === 'effect.done') {
      this.#done.push(`${who}: ${detail.name}`);
      return this.#tell(`${who}: ${detail.name}`, 'record');
    }
    if (what === 'theatre.poll') this.#takePoll(at, member, detail.begins === true);
    if (what === 'theatre.dropped') {
      this.#send(who, false, `${detail.api}: lost`, true);
      this.#tell(`the answer to the ${detail.api} of ${who} is lost`, 'group', true);
    }
  }

  /** A loop over a consumer asks for each record, and is in `poll` only when it has to wait, or is handed something new. */
  #takePoll(at: number, member: Mutable<MemberScene>, isPolling: boolean): void {
    if (isPolling) this.#polls.set(member.name, at);
    if (member.polled === undefined) return;
    const isReal = isPolling || this.#polls.get(member.name) !== at || this.#handedAt.get(member.name) === at;
    member.polled = { ...member.polled, at: isReal && !isPolling ? at : member.polled.at, isPolling };
  }

  #takeProcess(what: string, member: Mutable<MemberScene>): void {
    const { name } = member;
    if (what === 'started') {
      this.#tell(member.state === 'absent' ? `${name} starts` : `${name} starts again`, 'group');
      Object.assign(member, { state: 'running', beatAt: undefined });
    } else if (what === 'crashed' || what === 'exited') {
      const isKilled = what === 'crashed';
      this.#release(name, member.reads);
      Object.assign(member, { state: isKilled ? 'killed' : 'ended', reads: [], leads: false, asks: undefined });
      Object.assign(member, { polled: undefined });
      this.#tell(isKilled ? `${name} is killed` : `${name} ends`, 'group', isKilled);
    } else if (what === 'frozen') {
      member.state = 'frozen';
      this.#tell(`${name} is frozen`, 'group', true);
    } else if (what === 'thawed') {
      member.state = 'running';
      this.#tell(`${name} goes on`, 'group', true);
    }
  }

  #takeConsumer({ at, what, detail }: TraceEvent, member: Mutable<MemberScene>): void {
    const { name } = member;
    if (what === 'consumer.assigned' || what === 'consumer.revoked' || what === 'consumer.lost') {
      const list = namesIn(detail.partitions);
      if (what === 'consumer.assigned') {
        member.reads = [...new Set([...member.reads, ...list])];
        for (const partition of list.map((one) => this.#partition(one))) {
          partition.readers = [...partition.readers.filter((reader) => reader !== name), name];
        }
        if (list.length > 0 || member.reads.length === 0) {
          this.#tell(`${name} ${member.reads.length === 0 ? 'has nothing to read' : `reads ${listed(list)}`}`, 'group');
        }
        return;
      }
      this.#release(name, list);
      member.reads = member.reads.filter((one) => !list.includes(one));
      if (list.length === 0) return;
      if (what === 'consumer.lost') this.#tell(`${name} hears that it has lost ${listed(list)}`, 'group', true);
      else this.#tell(`${name} gives up ${listed(list)}`, 'group');
    } else if (what === 'consumer.position') {
      this.#partition(nameOf(detail)).position = Number(detail.offset);
      this.#tell(`${name} begins at ${detail.offset} in ${nameOf(detail)} (${detail.from})`, 'record');
    } else if (what === 'consumer.records') {
      const offsets = detail.from === detail.to ? `${detail.from}` : `${detail.from} to ${detail.to}`;
      this.#partition(nameOf(detail)).position = Number(detail.to) + 1;
      this.#handedAt.set(name, at);
      this.#send(name, false, `${detail.topic} ${offsets}`);
      this.#tell(`${name} is handed ${nameOf(detail)} ${offsets}`, 'record');
    }
  }

  #takePartition({ what, detail }: TraceEvent): void {
    if (detail.topic === '__consumer_offsets') return;
    const partition = this.#partition(nameOf(detail));
    if (what === 'partition.highWatermark' && this.#hasProtocol) partition.highWatermark = Number(detail.offset);
    if (what !== 'partition.append') return;
    partition.logEnd = Number(detail.baseOffset) + Number(detail.count);
    this.#tell(`${partition.name} ends at ${partition.logEnd}`, 'record');
  }

  #takeGroup({ what, detail }: TraceEvent): void {
    const name = String(detail.group);
    if (name !== this.#groupName) return;
    if (what === 'offset.committed') {
      const partition = this.#partition(nameOf(detail));
      if (partition.committed !== detail.offset)
        this.#tell(`the broker stores ${detail.offset} for ${partition.name}`, 'record');
      partition.committed = Number(detail.offset);
      return;
    }
    if (what === 'group.state') {
      const [state, generation] = [String(detail.to), Number(detail.generation)];
      this.#group = { name, state, generation, members: sizeOf(detail.members) };
      if (this.#hasProtocol) this.#tell(`the group is ${state}, generation ${generation}`, 'group');
      return;
    }
    const member = this.#members.get(processOf(detail.member));
    if (member === undefined) return;
    if (detail.change === 'joined') return;
    Object.assign(member, { heard: undefined, leads: false });
    if (detail.change !== 'left')
      this.#tell(`the broker takes ${member.name} out of the group: ${detail.why}`, 'group', true);
    else if (!this.#hasProtocol) this.#tell(`${member.name} leaves the group`, 'group');
  }

  #takeWire({ at, what, detail }: TraceEvent): void {
    const member = this.#members.get(processOf(detail.client));
    if (member === undefined) return;
    const api = String(detail.api);
    if (what === 'wire.request') this.#hear(at, member, api, detail);
    else this.#answer(at, member, api, detail);
  }

  #hear(at: number, member: Mutable<MemberScene>, api: string, detail: TraceEvent['detail']): void {
    const { name } = member;
    if (api === 'JoinGroup') this.#groupName ??= String(detail.group);
    if (api === 'OffsetCommit') this.#hearCommit(name, detail.offsets as never as readonly Commit[]);
    if (!this.#hasProtocol) return;
    if (member.heard !== undefined) member.heard = { ...member.heard, at };
    if (api === 'Heartbeat') member.beatAt = at;
    if (api === 'Heartbeat' || api === 'OffsetFetch') return;
    member.asks = { what: api, since: at };
    if (api === 'JoinGroup') this.#hearJoin(at, member, detail);
    else if (api === 'SyncGroup') {
      const isLeader = Object.keys(detail.assignments ?? {}).length > 0;
      this.#ask(name, api, isLeader ? 'hands in who reads what' : 'asks what it shall read');
    } else if (api === 'LeaveGroup') this.#ask(name, api, 'leaves the group');
  }

  #hearJoin(at: number, member: Mutable<MemberScene>, detail: TraceEvent['detail']): void {
    const isNew = detail.member === '';
    this.#called.delete(member.name);
    if (isNew) member.beatAt = undefined;
    else member.heard = { at, sessionTimeoutMs: Number(detail.sessionTimeoutMs) };
    const polled = member.polled ?? { at, isPolling: true };
    member.polled = { ...polled, maxPollIntervalMs: Number(detail.rebalanceTimeoutMs) };
    this.#ask(member.name, 'JoinGroup', `asks to join${isNew ? ', and has no id yet' : ''}`);
  }

  /** A commit of what is committed already is worth no word. */
  #hearCommit(name: string, commits: readonly Commit[]): void {
    const news = commits.filter(({ partition, offset }) => this.#partition(partition).committed !== offset);
    if (news.length === 0) return;
    const said = listed(news.map(({ partition, offset }) => `${offset} in ${partition}`));
    this.#tell(`${name} commits ${said}`, 'record');
    this.#send(name, true, `commit ${news.map(({ offset }) => offset).join(', ')}`);
  }

  #answer(at: number, member: Mutable<MemberScene>, api: string, detail: TraceEvent['detail']): void {
    if (!this.#hasProtocol || api === 'OffsetFetch') return;
    const { name } = member;
    const errors = Object.values((detail.errors ?? {}) as { readonly [partition: string]: number });
    const error = Number(detail.error ?? errors.find((code) => code !== 0) ?? 0);
    if (member.heard !== undefined) member.heard = { ...member.heard, at };
    if (member.asks?.what === api) member.asks = undefined;
    if (error === Errors.REBALANCE_IN_PROGRESS.code && api === 'Heartbeat') {
      if (this.#called.has(name)) return;
      this.#called.add(name);
    }
    if (error === Errors.MEMBER_ID_REQUIRED.code) this.#reply(name, errorOf(error).name, 'is given an id');
    else if (error !== 0)
      this.#reply(name, errorOf(error).name, `asked for ${api} and hears ${errorOf(error).name}`, true);
    else if (api === 'JoinGroup') {
      const { generation, leader } = detail;
      member.leads = leader === detail.member;
      const role = member.leads ? 'leads' : 'follows';
      this.#reply(name, `generation ${generation}`, `is in generation ${generation} and ${role}`);
    } else if (api === 'SyncGroup') {
      const part = listed((detail.assignment ?? []) as readonly string[]) || 'nothing';
      this.#reply(name, part, `is told to read ${part}`);
    }
  }

  #release(name: string, partitions: readonly string[]): void {
    for (const one of partitions) {
      const partition = this.#partition(one);
      partition.readers = partition.readers.filter((reader) => reader !== name);
      if (partition.readers.length === 0) partition.position = undefined;
    }
  }

  #partition(name: string): Mutable<PartitionScene> {
    const found = this.#partitions.get(name) ?? { name, logEnd: 0, readers: [] };
    this.#partitions.set(name, found);
    return found;
  }

  #tell(text: string, weight: Weight, decisive = false): void {
    this.#says.push({ text, decisive });
    if (weight === 'group') this.isOfGroup = true;
  }

  /** A question that belongs to the protocol of groups, and its answer. */
  #ask(name: string, message: string, says: string): void {
    this.#send(name, true, message);
    this.#tell(`${name} ${says}`, 'group');
  }

  #reply(name: string, message: string, says: string, decisive = false): void {
    this.#send(name, false, message);
    this.#tell(`${name} ${says}`, 'group', decisive);
  }

  #send(member: string, toBroker: boolean, says: string, isLost = false): void {
    // One each way is what a picture has room for: the latest.
    this.#messages = this.#messages.filter((other) => other.member !== member || other.toBroker !== toBroker);
    this.#messages.push({ member, toBroker, says, isLost });
  }
}

function nameOf(detail: TraceEvent['detail']): string {
  return `${detail.topic}-${detail.partition}`;
}

function namesIn(partitions: unknown): string[] {
  return (partitions as readonly TraceEvent['detail'][]).map(nameOf);
}

function sizeOf(list: unknown): number {
  return (list as readonly unknown[]).length;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}
