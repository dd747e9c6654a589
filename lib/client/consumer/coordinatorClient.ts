/**
 * The way to the coordinator of the group: which broker it is, and a connection of its own to it.
 *
 * A broker handles the requests of a connection one after the other. Heartbeats on the connection that fetches records would wait behind a
 * long poll, and a busy consumer would be taken for dead.
 */
import { COORDINATOR_OF_GROUP, FindCoordinator } from '../../protocol/apis/10-find-coordinator.ts';
import { type ErrorCode, Errors, errorOf, KafkaError } from '../../protocol/errors.ts';
import type { Api, Fields, Input, Output } from '../../protocol/schema.ts';
import type { Connection, SendSettings } from '../../wire/connection.ts';
import type { Address } from '../../world/world.ts';
import type { ClientContext } from '../clientContext.ts';

/** Errors by which a broker says that the coordinator is to be looked for again. */
const elsewhere: ReadonlySet<ErrorCode> = new Set([Errors.COORDINATOR_NOT_AVAILABLE, Errors.NOT_COORDINATOR]);

export class CoordinatorClient {
  readonly groupId: string;
  readonly #context: ClientContext;
  #address: Address | undefined;
  #finding: Promise<Address> | undefined;

  constructor(context: ClientContext, groupId: string) {
    this.#context = context;
    this.groupId = groupId;
  }

  /** The connection to the coordinator. Rejects with errors that may pass. */
  async connection(): Promise<Connection> {
    const address = this.#address ?? (await this.#find());
    try {
      return await this.#context.connections.at(address, 'group');
    } catch (error) {
      this.lost();
      throw error;
    }
  }

  /** Sends a request. After an error of the connection the coordinator is looked for again. */
  async send<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    body: Input<Q>,
    settings: SendSettings = {},
  ): Promise<Output<S>> {
    const connection = await this.connection();
    try {
      return await connection.send(api, body, settings);
    } catch (error) {
      if (!connection.isOpen) this.lost();
      throw error;
    }
  }

  /** Takes note of an error code in an answer of the coordinator. */
  heard(error: ErrorCode): void {
    if (elsewhere.has(error)) this.lost();
  }

  /** The coordinator has to be found again. */
  lost(): void {
    this.#address = undefined;
  }

  /** Ends the connection, and with it a request that the coordinator keeps waiting. */
  hangUp(reason: string): void {
    if (this.#address !== undefined) this.#context.connections.drop(this.#address, 'group', reason);
  }

  #find(): Promise<Address> {
    this.#finding ??= this.#ask().finally(() => {
      this.#finding = undefined;
    });
    return this.#finding;
  }

  async #ask(): Promise<Address> {
    const connection = await this.#context.connections.any();
    const answer = await connection.send(
      FindCoordinator,
      { key: this.groupId, keyType: COORDINATOR_OF_GROUP, coordinatorKeys: [this.groupId] },
      { detail: { group: this.groupId } },
    );
    // From version 4 on one request may ask for several groups.
    const { errorCode, host, port } = answer.coordinators[0] ?? answer;
    if (errorCode !== 0) throw new KafkaError(errorOf(errorCode), `find the coordinator of group ${this.groupId}`);
    this.#address = { host, port };
    return this.#address;
  }
}
