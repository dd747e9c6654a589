/** What a handler has at hand: the parts of the broker that it works with, and who is asking. */
import type { Topics } from '../cluster/topics.ts';
import type { GroupEvent, GroupResponse } from '../coordinators/events.ts';
import type { GroupShard } from '../coordinators/groupShard.ts';
import type { AnyApi } from '../protocol/apis/index.ts';
import type { Host } from '../trace/host.ts';
import type { Address } from '../world/world.ts';
import type { AnswerRoom } from './answerMemory.ts';
import type { BrokerConfig } from './config.ts';
import type { CoordinatorRuntime } from './coordinatorRuntime.ts';
import type { Purgatory } from './delayed.ts';
import type { FetchSessions } from './fetchSessions.ts';
import type { LiveConfig } from './liveConfig.ts';

export type GroupRuntime = CoordinatorRuntime<GroupEvent, GroupResponse, GroupShard>;

export interface Services {
  readonly host: Host;
  readonly brokerId: number;
  /** Where clients reach this broker. */
  readonly address: Address;
  /** The settings that hold at the moment. */
  readonly config: BrokerConfig;
  /** Where these come from, and how they are changed. */
  readonly live: LiveConfig;
  readonly topics: Topics;
  readonly groups: GroupRuntime;
  /** Where fetches wait. */
  readonly purgatory: Purgatory;
  readonly fetchSessions: FetchSessions;
  /** The APIs that have a handler, with the versions to be announced. */
  readonly announced: readonly { readonly api: AnyApi; readonly versions: readonly [min: number, max: number] }[];
}

export interface RequestContext {
  readonly version: number;
  readonly clientId: string | null;
  /** The other end of the connection, for messages. */
  readonly remote: string;
  /** Where to ask before much is read. Absent: there is no limit. */
  readonly room?: AnswerRoom;
}
