/** Settings: defaults filled in, and names that nobody knows refused, since a typing error would otherwise be silence. */
import { SettingError } from './errors.ts';

/** What all clients have in common. Names are Kafka's in camelCase. */
export interface CommonSettings {
  /** How the client calls itself, towards brokers and in the trace. Default `producer-1`, `consumer-1`, `admin-1` and so on. */
  readonly clientId?: string;
  /** How long to wait for the answer to one request. Default 30 000. */
  readonly requestTimeoutMs?: number;
  /** Pause before the first retry; each further one doubles it. Default 100. */
  readonly retryBackoffMs?: number;
  /** The longest pause between retries. Default 1 000. */
  readonly retryBackoffMaxMs?: number;
  /** Metadata older than this is fetched again, to notice new partitions. Default 300 000. */
  readonly metadataMaxAgeMs?: number;
}

export type CommonDefaults = Required<Omit<CommonSettings, 'clientId'>>;

export const commonDefaults: CommonDefaults = {
  requestTimeoutMs: 30_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1_000,
  metadataMaxAgeMs: 300_000,
};

/**
 * `given` over `defaults`. A name that has no default is refused with `SettingError`, and so is a number that is negative, not finite or, in
 * the place of a number, something else.
 */
export function withDefaults<D extends object>(
  client: string,
  defaults: D,
  given: { readonly [name: string]: unknown },
): D {
  const settings = { ...defaults } as { [name: string]: unknown };
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) {
      throw new SettingError(`a ${client} has no setting '${name}': it has ${Object.keys(defaults).sort().join(', ')}`);
    }
    if (value === undefined) continue;
    const usual = settings[name];
    if (typeof usual === 'number' && !(typeof value === 'number' && value >= 0 && Number.isFinite(value))) {
      throw new SettingError(`${name} of a ${client} is ${String(value)}: it must be a number from 0 on`);
    }
    settings[name] = value;
  }
  return settings as D;
}

/** Refuses a value that is not one of `allowed`. */
export function oneOf<T>(name: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw new SettingError(
    `${name} is ${JSON.stringify(value)}: it must be one of ${allowed.map((one) => JSON.stringify(one)).join(', ')}`,
  );
}
