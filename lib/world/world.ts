/**
 * What a broker or a client needs from outside, as interfaces.
 *
 * Everything in `lib/` that takes time, talks, stores or draws lots does it through these few doors. The real world (`node/`) puts
 * sockets, files and clocks behind them; the simulated one (`sim/`) a virtual clock, and memory. The code between never knows
 * which of the two it is in, and that is why a test in virtual time says something about the program in real time.
 */

/** Undoes what it was given for: a timer, a listener. Calling it twice is harmless. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds from an arbitrary start, never set back: for timers and durations. */
  monotonicMs(): number;
  /** Milliseconds since 1970: for the timestamps of records. */
  wallMs(): number;
  /** Runs `run` once, `ms` from now. */
  after(ms: number, run: () => void): Cancel;
  sleep(ms: number): Promise<void>;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One end of a connection: bytes in order, with no frames, as TCP gives them. */
export interface Stream {
  /** The next bytes, which are the reader's to keep, or null once the other side has ended or the connection is lost. One read at a time. */
  read(): Promise<Uint8Array | null>;
  /** Resolves when the bytes are out of this process's hands; rejects with `ConnectionLost`. */
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /** Ends the connection at once, in both directions. Harmless on one that has ended. */
  abort(reason: string): void;
  /** The other side, for messages: `127.0.0.1:51234`. */
  readonly remote: string;
}

export interface Listener {
  /** Where it listens; the port is the real one when port 0 was asked for. */
  readonly address: Address;
  /** Stops listening. Streams already accepted go on. */
  close(): Promise<void>;
}

export interface Network {
  /** Rejects with `AddressInUse` when somebody listens there. */
  listen(at: Address, accept: (stream: Stream) => void): Promise<Listener>;
  /** Rejects with `ConnectionLost` when nobody answers. */
  connect(to: Address): Promise<Stream>;
}

export interface Disk {
  /** Opens a file, making it and its folders when missing. Paths are relative, with `/` between names. */
  open(path: string): Promise<DiskFile>;
  /** The paths of all files below a folder, sorted. An absent folder has none. */
  list(folder: string): Promise<string[]>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes the names in a folder (new, renamed and removed files) survive a loss of power. */
  syncDirectory(folder: string): Promise<void>;
  /** Takes the whole disk for this process; rejects with `DiskLocked`, naming the holder, when another has it. */
  lock(): Promise<Cancel>;
}

export interface DiskFile {
  readonly size: number;
  /** Fills `target` from position `at` and answers how many bytes there were. */
  readInto(at: number, target: Uint8Array): Promise<number>;
  /** Appends at the end. Calls run in the order in which they were made. */
  append(chunks: readonly Uint8Array[]): Promise<void>;
  truncate(size: number): Promise<void>;
  /** Resolves when all appended bytes would survive a loss of power. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Random {
  /** A whole number in [0, 2^32). */
  nextU32(): number;
  /** An independent source for somebody else: what one draws does not change what the other draws. */
  fork(name: string): Random;
}

export type CodecName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Compression, synchronous. */
export interface Codecs {
  /** To be awaited once before the first `compress`. Rejects with `CodecUnavailable`, which says what to do, where the codec cannot be written. */
  prepare(codec: CodecName): Promise<void>;
  compress(codec: CodecName, bytes: Uint8Array): Uint8Array;
  /** Throws `MalformedBytes`, and `UnpacksToTooMuch` when the result would pass `limitBytes`; no memory is taken for what passes it. */
  decompress(codec: CodecName, bytes: Uint8Array, limitBytes: number): Uint8Array;
}

export interface World {
  readonly clock: Clock;
  readonly network: Network;
  readonly disk: Disk;
  readonly random: Random;
  readonly codecs: Codecs;
}

/** As much of a world as a client needs. */
export interface Doors {
  readonly clock: Clock;
  readonly network: Network;
  readonly random: Random;
}

export type HashName = 'SHA-256' | 'SHA-512';

/**
 * What it takes to check a password without sending it, synchronous. Not part of `World`: who asks clients for passwords, or has one to show, is
 * given it (`broker/sasl/`, `wire/sasl.ts`). The simulated world has no secrets and brings none.
 */
export interface Crypto {
  /** Bytes that nobody can foresee. */
  randomBytes(length: number): Uint8Array;
  hash(name: HashName, bytes: Uint8Array): Uint8Array;
  hmac(name: HashName, key: Uint8Array, bytes: Uint8Array): Uint8Array;
  /** PBKDF2 with HMAC, as long as the hash: a key from a password, made slowly on purpose (RFC 8018). */
  stretch(name: HashName, password: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array;
  /** Compares in a time that says nothing about where two values differ. */
  equal(one: Uint8Array, other: Uint8Array): boolean;
}
