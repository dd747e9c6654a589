/**
 * Which version of a request two sides use: the highest that both know.
 *
 * The first request on every connection asks the broker what it knows (KIP-35). That question has versions of its own, and a broker that does
 * not know the one asked answers in the oldest form with an error, so that the client can ask again in a form that both have (KIP-511).
 */
import { Reader } from '../bytes/reader.ts';
import { ApiVersions } from '../protocol/apis/18-api-versions.ts';
import { Errors, errorOf, KafkaError } from '../protocol/errors.ts';
import { decodeResponse } from '../protocol/frame.ts';
import type { Api, Fields, ResponseOf } from '../protocol/schema.ts';
import { UnsupportedApi } from './errors.ts';

/** What a broker knows of one API, both ends included. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** API keys to versions, as a broker announced them. */
export type KnownVersions = ReadonlyMap<number, VersionRange>;

/** An answer to ApiVersions: what the broker knows, or in which version to ask again. */
export type Announcement = { readonly known: KnownVersions } | { readonly askAgainIn: number };

/** Reads the body of an answer to ApiVersions of `version`, which may be in version 0 whatever was asked. */
export function readAnnouncement(body: Uint8Array, version: number): Announcement {
  const refused = new Reader(body).int16() === Errors.UNSUPPORTED_VERSION.code;
  const answer = decodeResponse(ApiVersions, refused ? 0 : version, new Reader(body));
  const known = knownVersions(answer);
  if (!refused) {
    if (answer.errorCode !== 0)
      throw new KafkaError(errorOf(answer.errorCode), 'ask the broker which requests it knows');
    return { known };
  }
  if (version === 0) throw new UnsupportedApi('the broker does not even know ApiVersions 0: is it a Kafka broker?');
  return { askAgainIn: Math.min(known.get(ApiVersions.key)?.max ?? 0, version - 1) };
}

function knownVersions(answer: ResponseOf<typeof ApiVersions>): KnownVersions {
  return new Map(
    answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]),
  );
}

// #region highestShared
/** The highest version of `api` that both sides know. Throws `UnsupportedApi`, naming both ranges. */
export function highestShared(api: Api<Fields, Fields>, known: KnownVersions, broker: string): number {
  const theirs = known.get(api.key);
  if (theirs === undefined) throw new UnsupportedApi(`the broker at ${broker} does not offer ${api.name}`);
  const [min, max] = api.versions;
  const version = Math.min(max, theirs.max);
  if (version >= min && version >= theirs.min) return version;
  throw new UnsupportedApi(
    `the broker at ${broker} offers ${api.name} ${theirs.min} to ${theirs.max}, and this library has ${min} to ${max}: one of the two is too old`,
  );
}
// #endregion highestShared
