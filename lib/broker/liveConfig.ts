/**
 * The settings of a running broker. Those that it was started with can be overlaid with others while it runs (KIP-226), for all brokers or for this one;
 * the overlays are kept in a file, so that they hold again after a restart. The strongest layer that names a setting decides.
 *
 * Source: Apache Kafka `DynamicBrokerConfig.scala`.
 */
import { readWholeFile, replaceWholeFile } from '../log/wholeFile.ts';
import { ConfigSource } from '../protocol/apis/index.ts';
import { DiskFailed } from '../world/errors.ts';
import type { Disk } from '../world/world.ts';
import { type BrokerConfig, brokerConfig, inMilliseconds, type PropertyName, properties, textOf } from './config.ts';

const PATH = 'broker-configs.json';

type Texts = { readonly [name: string]: string };

/** Whom a change is for. */
export type Scope = 'allBrokers' | 'thisBroker';

/** A value that a setting has in one layer. */
export interface LayeredValue {
  /** Which layer: one of `ConfigSource`. */
  readonly source: number;
  readonly text: string;
}

export class LiveConfig {
  readonly #disk: Disk;
  readonly #given: Texts;
  #overlays: { readonly [scope in Scope]: Texts };
  #current: BrokerConfig;
  #lastChange: Promise<void> = Promise.resolve();

  /** `given`: what the broker was started with. Rejects with `ConfigError`, and with `DiskFailed` when the overlays cannot be read. */
  static async open(disk: Disk, given: Texts = {}): Promise<LiveConfig> {
    brokerConfig(given);
    return new LiveConfig(disk, given, await readOverlays(disk));
  }

  private constructor(disk: Disk, given: Texts, overlays: { readonly [scope in Scope]: Texts }) {
    this.#disk = disk;
    this.#given = inMilliseconds(given);
    this.#overlays = overlays;
    this.#current = merged(given, overlays);
  }

  /** What holds now. */
  get current(): BrokerConfig {
    return this.#current;
  }

  /** What was changed for all brokers, or for this one. */
  overlay(scope: Scope): Texts {
    return this.#overlays[scope];
  }

  /** The values that a setting has, the one that holds first. */
  layersOf(name: PropertyName): LayeredValue[] {
    const layers: readonly (readonly [number, string | undefined])[] = [
      [ConfigSource.DYNAMIC_BROKER_CONFIG, this.#overlays.thisBroker[name]],
      [ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, this.#overlays.allBrokers[name]],
      [ConfigSource.STATIC_BROKER_CONFIG, this.#given[name]],
      [ConfigSource.DEFAULT_CONFIG, textOf(properties[name].default)],
    ];
    return layers.flatMap(([source, text]) => (text === undefined ? [] : [{ source, text }]));
  }

  /** Puts another overlay in force, once it is on the disk. `change` gets the one there is. Rejects with `ConfigError` or `DiskFailed`. */
  change(scope: Scope, change: (overlay: Texts) => Texts): Promise<void> {
    const changed = this.#lastChange.then(async () => {
      const overlays = { ...this.#overlays, [scope]: change(this.#overlays[scope]) };
      const current = merged(this.#given, overlays);
      await replaceWholeFile(this.#disk, PATH, new TextEncoder().encode(`${JSON.stringify(overlays, null, 2)}\n`));
      this.#overlays = overlays;
      this.#current = current;
    });
    this.#lastChange = changed.catch(() => {});
    return changed;
  }
}

function merged(given: Texts, { allBrokers, thisBroker }: { readonly [scope in Scope]: Texts }): BrokerConfig {
  return brokerConfig({ ...given, ...allBrokers, ...thisBroker });
}

async function readOverlays(disk: Disk): Promise<{ readonly [scope in Scope]: Texts }> {
  const bytes = await readWholeFile(disk, PATH);
  if (bytes === null) return { allBrokers: {}, thisBroker: {} };
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as { readonly [scope in Scope]: Texts };
  } catch (error) {
    throw new DiskFailed(
      `${PATH} cannot be read (${error instanceof Error ? error.message : error}): remove it, and the broker goes by the settings it is started with`,
    );
  }
}
