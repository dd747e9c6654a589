/** What can go wrong in the world itself. Each message says what to do next. */

/** The other side is gone, or was never there. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

export class AddressInUse extends Error {
  override readonly name = 'AddressInUse';

  constructor(host: string, port: number) {
    super(
      `port ${port} on ${host} is in use: stop the process that has it, or choose another port (0 takes a free one)`,
    );
  }
}

/** This world cannot write a codec, or not without a package that is not installed. */
export class CodecUnavailable extends Error {
  override readonly name = 'CodecUnavailable';
}

/** Another process works on the same data folder. */
export class DiskLocked extends Error {
  override readonly name = 'DiskLocked';
}

/** A file cannot be read or written: no space, no permission, a broken disk. */
export class DiskFailed extends Error {
  override readonly name = 'DiskFailed';
}
