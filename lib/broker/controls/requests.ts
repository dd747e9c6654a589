/**
 * Requests as a test sees them: which API, from whom, and what was asked, with the types that belong to the API's name.
 *
 * The same messages that the broker decodes are handed out here, so whoever writes `on('Produce')` gets exactly the fields of a Produce request.
 */
import type * as declared from '../../protocol/apis/index.ts';
import { type AnyApi, apis } from '../../protocol/apis/index.ts';
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts';

type Declared = typeof declared;

/** The APIs of the protocol by Kafka's own names: `Produce`, `Fetch`, `JoinGroup` … */
export type ApiName = {
  [Name in keyof Declared]: Declared[Name] extends { readonly key: number; readonly flexibleSince: number }
    ? Name
    : never;
}[keyof Declared];

/** The decoded request of an API. */
export type RequestBody<Name extends ApiName> = RequestOf<Declared[Name]>;
/** The response of an API, as whoever writes one gives it: fields with a default may be left out. */
export type ResponseBody<Name extends ApiName> = ResponseInput<Declared[Name]>;

/** That a request came, and from whom. */
export interface RequestInfo<Name extends ApiName = ApiName> {
  readonly api: Name;
  readonly version: number;
  /** The name that the client gives itself; null: it gives none. */
  readonly clientId: string | null;
  /** The other end of the connection. */
  readonly remote: string;
  /** The broker that was asked. */
  readonly brokerId: number;
  /** When the broker began with it, in milliseconds of `world.now()`. */
  readonly atMs: number;
}

/** A request with what it asks. */
export interface SeenRequest<Name extends ApiName = ApiName> extends RequestInfo<Name> {
  /** Decoded. Bytes inside it are views of what came from the socket: copy what you keep for long. */
  readonly request: RequestBody<Name>;
}

/** The API of this name. Throws a `TypeError` that lists what there is. */
export function apiNamed(name: string): AnyApi {
  for (const api of apis.values()) if (api.name === name) return api;
  const names = [...apis.values()].map((api) => api.name).join(', ');
  throw new TypeError(`there is no API ${JSON.stringify(name)}: choose one of ${names}`);
}

/** The fields by which requests name topics and groups. All of them are looked at, since no two APIs agree on one. */
interface Naming {
  readonly topics?: readonly NamedTopic[] | null;
  readonly topicData?: readonly NamedTopic[];
  readonly topicNames?: readonly string[];
  readonly groupId?: string;
  readonly groups?: readonly (string | Naming)[];
  readonly groupsNames?: readonly string[];
  readonly key?: string;
  readonly coordinatorKeys?: readonly string[];
}

interface NamedTopic {
  readonly name?: string | null;
  readonly topic?: string;
  readonly topicId?: string;
}

const TOPIC_FIELDS = ['topics', 'topicData'];
const GROUP_FIELDS = ['groupId', 'groups', 'groupsNames', 'coordinatorKeys'];

export function canNameTopics(api: AnyApi): boolean {
  return TOPIC_FIELDS.some((field) => field in (api.request.format.fields ?? {}));
}

export function canNameGroups(api: AnyApi): boolean {
  return GROUP_FIELDS.some((field) => field in (api.request.format.fields ?? {}));
}

/** Whether a request is about this topic, perhaps among others. One that asks for all topics is. `nameOf` knows topics by their ids. */
export function namesTopic(request: unknown, topic: string, nameOf: (topicId: string) => string | undefined): boolean {
  const { topics, topicData, topicNames, groups } = request as Naming;
  const isIt = (one: NamedTopic) => (one.name || one.topic || nameOf(one.topicId ?? '')) === topic;
  if (topics === null || topics?.some(isIt) || topicData?.some(isIt) || topicNames?.includes(topic)) return true;
  return groups?.some((group) => typeof group === 'object' && namesTopic(group, topic, nameOf)) ?? false;
}

/** Whether a request is about this group, perhaps among others. */
export function namesGroup(request: unknown, groupId: string): boolean {
  const { groupId: only, groups, groupsNames, key, coordinatorKeys } = request as Naming;
  if (only === groupId || key === groupId) return true;
  if (groupsNames?.includes(groupId) || coordinatorKeys?.includes(groupId)) return true;
  return groups?.some((group) => (typeof group === 'string' ? group : group.groupId) === groupId) ?? false;
}
