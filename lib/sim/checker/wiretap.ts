/**
 * Listens in on the network, and writes into the trace what clients and coordinators say to each other about groups.
 *
 * What a coordinator believes it has done is in the trace already. A checker must not take its word for it: what counts is what went over the
 * wire, and when. So the frames of the six requests of groups are decoded here, between the two sides, and leave the events `wire.request` (when
 * it reaches the broker) and `wire.response` (when it leaves the broker), with as much of their content as checks need.
 */
import { Reader } from '../../bytes/reader.ts';
import { OffsetCommit } from '../../protocol/apis/08-offset-commit.ts';
import { OffsetFetch } from '../../protocol/apis/09-offset-fetch.ts';
import { JoinGroup } from '../../protocol/apis/11-join-group.ts';
import { Heartbeat } from '../../protocol/apis/12-heartbeat.ts';
import { LeaveGroup } from '../../protocol/apis/13-leave-group.ts';
import { SyncGroup } from '../../protocol/apis/14-sync-group.ts';
import { decodeAssignment, decodeSubscription } from '../../protocol/consumerProtocol.ts';
import { decodeRequestHeader, decodeResponse, FrameSplitter, type RequestHeader } from '../../protocol/frame.ts';
import { type Api, type Fields, type Output, type RequestOf, type ResponseOf, shapeOf } from '../../protocol/schema.ts';
import type { Json, Trace } from '../../trace/trace.ts';
import type { Links, Passing } from '../links.ts';

type Detail = { readonly [name: string]: Json };

/** How to tell of one API. */
interface Spoken {
  readonly api: Api;
  request(body: unknown): Detail;
  response(body: unknown): Detail;
}

function spoken<Q extends Fields, S extends Fields>(
  api: Api<Q, S>,
  request: (body: Output<Q>) => Detail,
  response: (body: Output<S>) => Detail,
): Spoken {
  return {
    api: api as unknown as Api,
    request: request as Spoken['request'],
    response: response as Spoken['response'],
  };
}

/** As a trace: what is known of a cluster whose network is listened to. */
export interface Tapped {
  readonly trace: Trace;
  readonly network: Links;
}

export interface Wiretap {
  /** How many requests of any kind have reached a broker. */
  readonly frames: number;
  stop(): void;
}

/** Begins to listen. The events change the hash of the trace, and nothing else of the run. */
export function wiretap({ trace, network }: Tapped): Wiretap {
  const lines = new Map<string, Line>();
  let frames = 0;
  const tap = (passing: Passing) => {
    const isRequest = passing.moment === 'arrived' && isBroker(passing.to);
    const isResponse = passing.moment === 'sent' && isBroker(passing.from);
    if (!isRequest && !isResponse) return;
    let line = lines.get(passing.connection);
    if (line === undefined) {
      line = new Line(trace, passing.connection);
      lines.set(passing.connection, line);
    }
    if (isRequest) frames += line.requested(passing.to, passing.bytes);
    else line.answered(passing.from, passing.bytes);
  };
  network.taps.add(tap);
  return {
    get frames() {
      return frames;
    },
    stop: () => network.taps.delete(tap),
  };
}

/** One connection. */
class Line {
  readonly #trace: Trace;
  readonly #connection: string;
  readonly #there = new FrameSplitter(1 << 30);
  readonly #back = new FrameSplitter(1 << 30);
  readonly #asked = new Map<number, { readonly header: RequestHeader; readonly spoken: Spoken }>();

  constructor(trace: Trace, connection: string) {
    this.#trace = trace;
    this.#connection = connection;
  }

  requested(broker: string, bytes: Uint8Array): number {
    const frames = this.#there.push(bytes.slice());
    for (const frame of frames) this.#request(broker, frame);
    return frames.length;
  }

  answered(broker: string, bytes: Uint8Array): void {
    for (const frame of this.#back.push(bytes.slice())) this.#response(broker, frame);
  }

  #request(broker: string, frame: Uint8Array): void {
    const reader = new Reader(frame);
    const header = decodeRequestHeader(reader, (key) => apis.get(key)?.api.flexibleSince);
    const found = apis.get(header.apiKey);
    if (found === undefined || !knows(found.api, header.apiVersion)) return;
    this.#asked.set(header.correlationId, { header, spoken: found });
    const body = found.api.request.read(reader, shapeOf(found.api, header.apiVersion));
    this.#tell(broker, 'wire.request', header, found, found.request(body));
  }

  #response(broker: string, frame: Uint8Array): void {
    const reader = new Reader(frame);
    const id = reader.int32();
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    const body = decodeResponse(asked.spoken.api, asked.header.apiVersion, reader);
    this.#tell(broker, 'wire.response', asked.header, asked.spoken, asked.spoken.response(body));
  }

  #tell(broker: string, what: string, header: RequestHeader, { api }: Spoken, detail: Detail): void {
    const { correlationId, clientId } = header;
    const from = { connection: this.#connection, id: correlationId, client: clientId ?? '', api: api.name };
    this.#trace.record(broker, what, { ...from, ...detail });
  }
}

function knows({ versions }: Api, version: number): boolean {
  return version >= versions[0] && version <= versions[1];
}

const apis: ReadonlyMap<number, Spoken> = new Map(
  [
    spoken(OffsetCommit, askedCommit, ({ topics }) => ({ errors: errorsOf(topics) })),
    spoken(OffsetFetch, askedOffsets, answeredOffsets),
    spoken(JoinGroup, askedJoin, answeredJoin),
    spoken(
      Heartbeat,
      ({ groupId, generationId, memberId, groupInstanceId }) => ({
        group: groupId,
        generation: generationId,
        member: memberId,
        instance: groupInstanceId,
      }),
      ({ errorCode }) => ({ error: errorCode }),
    ),
    spoken(LeaveGroup, askedLeave, ({ errorCode, members }) => ({
      error: errorCode,
      errors: members.map((member) => member.errorCode),
    })),
    spoken(SyncGroup, askedSync, ({ errorCode, assignment }) => ({
      error: errorCode,
      assignment: partitionsOf(assignment),
    })),
  ].map((one) => [one.api.key, one]),
);

function askedCommit(body: RequestOf<typeof OffsetCommit>): Detail {
  return {
    group: body.groupId,
    generation: body.generationIdOrMemberEpoch,
    member: body.memberId,
    instance: body.groupInstanceId,
    offsets: body.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, committedOffset, committedMetadata }) => ({
        partition: `${name}-${partitionIndex}`,
        offset: committedOffset,
        metadataLength: committedMetadata?.length ?? 0,
      })),
    ),
  };
}

function errorsOf(topics: ResponseOf<typeof OffsetCommit>['topics']): Json {
  return Object.fromEntries(
    topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, errorCode }) => [`${name}-${partitionIndex}`, errorCode]),
    ),
  );
}

/** A request for several groups, which only administrators send, is told of by its first. */
function askedOffsets(body: RequestOf<typeof OffsetFetch>): Detail {
  return { group: body.groups[0]?.groupId ?? body.groupId };
}

function answeredOffsets(body: ResponseOf<typeof OffsetFetch>): Detail {
  const { errorCode, topics } = body.groups[0] ?? body;
  const found = topics.flatMap(({ name, partitions }) =>
    partitions
      .filter((partition) => partition.errorCode === 0)
      .map(({ partitionIndex, committedOffset }) => [`${name}-${partitionIndex}`, committedOffset]),
  );
  return { error: errorCode, offsets: Object.fromEntries(found) };
}

function askedJoin(body: RequestOf<typeof JoinGroup>): Detail {
  return {
    group: body.groupId,
    member: body.memberId,
    instance: body.groupInstanceId,
    sessionTimeoutMs: body.sessionTimeoutMs,
    rebalanceTimeoutMs: body.rebalanceTimeoutMs,
    protocols: body.protocols.map(({ name }) => name),
    topics: topicsIn(body.protocols[0]?.metadata),
  };
}

function answeredJoin(body: ResponseOf<typeof JoinGroup>): Detail {
  return {
    error: body.errorCode,
    generation: body.generationId,
    protocol: body.protocolName,
    leader: body.leader,
    member: body.memberId,
    skip: body.skipAssignment,
    members: body.members.map(({ memberId }) => memberId),
    instances: Object.fromEntries(
      body.members.flatMap(({ memberId, groupInstanceId }) =>
        groupInstanceId === null ? [] : [[memberId, groupInstanceId]],
      ),
    ),
  };
}

function askedLeave(body: RequestOf<typeof LeaveGroup>): Detail {
  const members = body.members.length > 0 ? body.members.map(({ memberId }) => memberId) : [body.memberId];
  return { group: body.groupId, members };
}

function askedSync(body: RequestOf<typeof SyncGroup>): Detail {
  return {
    group: body.groupId,
    generation: body.generationId,
    member: body.memberId,
    instance: body.groupInstanceId,
    assignments: Object.fromEntries(
      body.assignments.map(({ memberId, assignment }) => [memberId, partitionsOf(assignment)]),
    ),
  };
}

/** Groups may speak another protocol than consumers do; then there is nothing to tell. */
function topicsIn(metadata: Uint8Array | undefined): string[] {
  try {
    return metadata === undefined ? [] : [...decodeSubscription(metadata).topics];
  } catch {
    return [];
  }
}

function partitionsOf(assignment: Uint8Array): string[] {
  try {
    return decodeAssignment(assignment).assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => `${topic}-${partition}`),
    );
  } catch {
    return [];
  }
}

function isBroker(host: string): boolean {
  return /^broker-\d+$/.test(host);
}
