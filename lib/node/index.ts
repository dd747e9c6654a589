/**
 * The front door of Node: `serve`, `connect`, and the errors that only the real world has.
 *
 * `kafkaito` is the other door: `simulate`, and what all worlds share, such as deserializers and the errors of clients.
 */
export type { Broker } from '../broker/broker.ts';
export { ConfigError } from '../broker/config.ts';
export type * from '../broker/controls/index.ts';
export { StorageError } from '../log/errors.ts';
export type { TopicSeed, TopicSeeds } from '../sim/seed.ts';
export type { Kafka } from '../sim/simulate.ts';
export { AuthenticationFailed } from '../wire/errors.ts';
export type { SaslSettings } from '../wire/sasl.ts';
export type { ScramMechanism } from '../wire/scram.ts';
export { AddressInUse, ConnectionLost, DiskFailed, DiskLocked } from '../world/errors.ts';
export { type ConnectSettings, connect } from './connect.ts';
export type { ServerSasl } from './security.ts';
export { type ServedCluster, type ServedKafka, type ServeSettings, serve } from './serve.ts';
export { CannotListen } from './tcp.ts';
export { type ClientTls, type ServerTls, TlsFailed } from './tls.ts';
export { WorkerThreads, type WorkerThreadsSettings, workInThread } from './workerThreads.ts';
