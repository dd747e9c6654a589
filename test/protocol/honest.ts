/**
 * An honest request for every API and version: one that a client could send to a broker with a topic `ledger`. It is made from the schema, so that an
 * API that is new tomorrow has one as well; the names of fields say what goes into them.
 */
import { portableCodecs } from '../../lib/codecs/codecs.ts';
import { type AnyApi, apis } from '../../lib/protocol/apis/index.ts';
import { type Field, type Shape, shapeOf } from '../../lib/protocol/schema.ts';
import { encodeBatch } from '../../lib/records/batch.ts';
import { request } from '../node/rawClient.ts';

type AnyField = Field<unknown, never, boolean>;

export interface HonestRequest {
  readonly api: AnyApi;
  readonly version: number;
  /** The frame, with its length. */
  readonly frame: Uint8Array;
}

const batch = encodeBatch(
  [{ timestamp: 1_000, key: null, value: new TextEncoder().encode('a deposit'), headers: [] }],
  {},
  portableCodecs,
);

const byName: { readonly [name: string]: unknown } = {
  acks: -1,
  clientSoftwareName: 'honest',
  clientSoftwareVersion: '1',
  key: 'bank',
  maxBytes: 1 << 20,
  maxWaitMs: 0,
  mechanism: 'PLAIN',
  name: 'ledger',
  numPartitions: 2,
  count: 2,
  offset: 0,
  partitionMaxBytes: 1 << 20,
  protocolName: 'range',
  protocolType: 'consumer',
  rebalanceTimeoutMs: 10_000,
  replicaId: -1,
  replicationFactor: 1,
  resourceName: 'ledger',
  resourceType: 2,
  sessionTimeoutMs: 10_000,
  timeoutMs: 100,
  topic: 'ledger',
  transactionTimeoutMs: 60_000,
  // What would change the broker is only tried: the tests that follow want it as it is.
  validateOnly: true,
};

const byType: { readonly [type: string]: unknown } = { string: '', bytes: new Uint8Array(3), records: batch };

function honestValue(name: string, field: AnyField, shape: Shape): unknown {
  const { type, of, fields } = field.format;
  if (of !== undefined) {
    const only = of as AnyField;
    return [only.format.type === 'string' ? 'bank' : honestValue(name, only, shape)];
  }
  if (fields !== undefined) {
    return Object.fromEntries(
      Object.entries(fields as { readonly [name: string]: AnyField })
        .filter(([, inner]) => inner.exists(shape.version) && inner.options.tag === undefined)
        .map(([inner, innerField]) => [inner, honestValue(inner, innerField, shape)]),
    );
  }
  // A group that knew members from a version before would wait for them.
  if (name === 'groupId') return `bank-${shape.version}`;
  if (name in byName && typeof byName[name] === typeof (byType[type] ?? field.absent ?? '')) return byName[name];
  return field.options.nullableSince <= shape.version && type !== 'records' ? null : (byType[type] ?? field.absent);
}

/** A topic that is there is not to be deleted. */
const otherNames: { readonly [api: string]: string } = { DeleteTopics: 'nobody' };

export const honestRequests: readonly HonestRequest[] = [...apis.values()].flatMap((api) =>
  Array.from({ length: api.versions[1] - api.versions[0] + 1 }, (_, index) => {
    const version = api.versions[0] + index;
    const body = honestValue('', api.request as unknown as AnyField, shapeOf(api, version));
    const other = otherNames[api.name];
    const renamed = other === undefined ? body : JSON.parse(JSON.stringify(body).replaceAll('ledger', other));
    return { api, version, frame: request(api, renamed, version, 1 + index) };
  }),
);
