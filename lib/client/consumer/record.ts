/** Records as a consumer hands them out, and how bytes become keys and values. */
import type { Header } from '../../records/batch.ts';

export interface ConsumerRecord<K = string, V = string> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970: the producer's, or the broker's where the topic is set so. */
  readonly timestamp: number;
  readonly key: K | null;
  readonly value: V | null;
  readonly headers: readonly Header[];
  /** The epoch of the leader that took the record; -1: unknown. */
  readonly leaderEpoch: number;
}

/** Makes a key or value of bytes. Null is not passed in: it stays null. */
export type Deserializer<T> = (bytes: Uint8Array, topic: string) => T;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 text; bytes that are not UTF-8 become U+FFFD. */
export const strings: Deserializer<string> = (bytes) => utf8.decode(bytes);

/** The bytes themselves: a copy, so that keeping a short value does not keep the whole answer of the broker in memory. */
export const bytes: Deserializer<Uint8Array> = (content) => content.slice();

/** JSON. What does not parse is a `DeserializationError`. */
export const json: Deserializer<unknown> = (content) => JSON.parse(utf8.decode(content));
