/**
 * Topics and brokers as things that have settings: what each setting is, where its value comes from, and how it is changed.
 *
 * Source: Apache Kafka `ConfigHelper.scala`, `ConfigAdminManager.scala`, `ConfigurationControlManager.java`.
 */
import { topicNameProblem } from '../cluster/topicName.ts';
import type { Configs } from '../cluster/topics.ts';
import {
  BROKER_RESOURCE,
  ConfigSource,
  ConfigType,
  type DescribeConfigs,
  TOPIC_RESOURCE,
} from '../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../protocol/errors.ts';
import type { ResponseInput } from '../protocol/schema.ts';
import {
  ConfigError,
  isDynamic,
  isProperty,
  type PropertyName,
  type PropertyType,
  properties,
  type TopicPropertyName,
  topicConfigProblem,
  topicProperties,
} from './config.ts';
import type { LiveConfig, Scope } from './liveConfig.ts';
import type { Services } from './services.ts';
import { shortened } from './shortened.ts';

export type ConfigEntry = ResponseInput<typeof DescribeConfigs>['results'][number]['configs'][number];
type Synonym = ConfigEntry['synonyms'][number];

/** An error of one resource, with words for people. */
export class ResourceError extends Error {
  override readonly name = 'ResourceError';
  readonly error: ErrorCode;

  constructor(error: ErrorCode, message = error.message) {
    super(message);
    this.error = error;
  }
}

/** The settings of one topic or broker. */
export interface ConfigResource {
  /** All that hold, with what would hold without them. */
  readonly entries: readonly ConfigEntry[];
  /** Those that were set for it. */
  readonly configs: Configs;
  /** Whether `configs` could be set for it: throws `ResourceError`. */
  check(configs: Configs): void;
  /** Sets others; `change` gets those it has. They hold when this resolves. */
  change(change: (configs: Configs) => Configs): Promise<void>;
}

/** Throws `ResourceError` when there is no such thing, or none that has settings here. */
export function resourceOf(services: Services, resourceType: number, resourceName: string): ConfigResource {
  if (resourceType === TOPIC_RESOURCE) return topicResource(services, resourceName);
  if (resourceType === BROKER_RESOURCE) return brokerResource(services, resourceName);
  throw new ResourceError(
    Errors.INVALID_REQUEST,
    `Resources of type ${resourceType} have no settings here: topics (2) and brokers (4) have.`,
  );
}

// #region topicResource
function topicResource({ topics, live }: Services, name: string): ConfigResource {
  const problem = topicNameProblem(name);
  if (problem !== null) throw new ResourceError(Errors.INVALID_TOPIC_EXCEPTION, problem);
  const topic = topics.named(name);
  if (topic === undefined) throw new ResourceError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
  return {
    entries: topicEntries(live, topic.configs),
    configs: topic.configs,
    check(configs) {
      const wrong = topicConfigProblem(configs);
      if (wrong !== null) throw new ResourceError(Errors.INVALID_CONFIG, wrong);
    },
    async change(change) {
      if ((await topics.configure(topic, change)) === undefined) {
        throw new ResourceError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
      }
    },
  };
}

/** The settings of a topic with these of its own. What it does not set for itself it has from the broker, where the setting may have another name. */
export function topicEntries(live: LiveConfig, configs: Configs): ConfigEntry[] {
  return Object.entries(topicProperties).map(([name, property]) => {
    const own = configs[name as TopicPropertyName];
    const synonyms = [
      ...(own === undefined ? [] : [{ name, value: own, source: ConfigSource.DYNAMIC_TOPIC_CONFIG }]),
      ...synonymsOf(live, property),
    ];
    return { name, readOnly: false, ...described(property, synonyms) };
  });
}
// #endregion topicResource

function brokerResource({ brokerId, live, topics }: Services, name: string): ConfigResource {
  if (name !== '' && name !== String(brokerId)) {
    throw new ResourceError(
      Errors.INVALID_REQUEST,
      `This is broker ${brokerId}, and ${JSON.stringify(name)} is asked for.`,
    );
  }
  const scope: Scope = name === '' ? 'allBrokers' : 'thisBroker';
  const configs = live.overlay(scope);
  const shown = Object.keys(properties).filter((property) => scope === 'thisBroker' || property in configs);
  return {
    entries: (shown as PropertyName[]).map((property) => {
      const all = synonymsOf(live, property);
      const synonyms =
        scope === 'thisBroker'
          ? all
          : all.filter(({ source }) => source === ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
      return { name: property, readOnly: !isDynamic(property), ...described(property, synonyms) };
    }),
    configs,
    check: checkBrokerConfigs,
    async change(change) {
      await live.change(scope, change);
      topics.reconfigureLogs();
    },
  };
}

function checkBrokerConfigs(configs: Configs): void {
  for (const [name, text] of Object.entries(configs)) {
    if (!isProperty(name) || !isDynamic(name)) {
      const changeable = Object.keys(properties).filter((one) => isDynamic(one as PropertyName));
      throw new ResourceError(
        Errors.INVALID_REQUEST,
        `${name} cannot be changed while the broker runs; ${changeable.join(', ')} can.`,
      );
    }
    const { accepts, parse } = properties[name];
    if (parse(text.trim()) === undefined) {
      throw new ResourceError(
        Errors.INVALID_REQUEST,
        `${name} is ${JSON.stringify(text)}, and ${accepts} is accepted.`,
      );
    }
  }
}

function synonymsOf(live: LiveConfig, property: PropertyName): Synonym[] {
  return live.layersOf(property).map(({ source, text }) => ({ name: property, value: text, source }));
}

function described(property: PropertyName, synonyms: readonly Synonym[]) {
  const { type, about } = properties[property];
  const [{ value, source }] = synonyms;
  return { value, configSource: source, synonyms, configType: typeNumbers[type], documentation: about };
}

const typeNumbers: { readonly [type in PropertyType]: number } = {
  boolean: ConfigType.BOOLEAN,
  int: ConfigType.INT,
  long: ConfigType.LONG,
  double: ConfigType.DOUBLE,
  string: ConfigType.STRING,
  list: ConfigType.LIST,
};

/** What a client is told. */
export function resourceProblem(error: unknown): { readonly errorCode: number; readonly errorMessage: string } {
  const message = shortened(error instanceof Error ? error.message : String(error));
  if (error instanceof ResourceError) return { errorCode: error.error.code, errorMessage: message };
  const { code } = error instanceof ConfigError ? Errors.INVALID_REQUEST : Errors.KAFKA_STORAGE_ERROR;
  return { errorCode: code, errorMessage: message };
}
