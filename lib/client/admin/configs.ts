/** Settings of topics and brokers. Those of a topic any broker knows; those of a broker only that one. */
import {
  BROKER_RESOURCE,
  ConfigSource,
  DescribeConfigs,
  TOPIC_RESOURCE,
} from '../../protocol/apis/32-describe-configs.ts';
import { ConfigOperation, IncrementalAlterConfigs } from '../../protocol/apis/44-incremental-alter-configs.ts';
import type { Connection } from '../../wire/connection.ts';
import type { ConfigChange, ConfigDescription, ConfigResource } from './api.ts';
import { type Calls, check, isMissing, missing } from './calls.ts';

export async function describeConfigs(
  calls: Calls,
  resources: readonly ConfigResource[],
): Promise<ConfigDescription[]> {
  return Promise.all(resources.map((resource) => describe(calls, resource)));
}

async function describe(calls: Calls, resource: ConfigResource): Promise<ConfigDescription> {
  const doing = `describe the settings of ${inWords(resource)}`;
  const result = await calls.attempt(doing, async () => {
    const connection = await connectionFor(calls, resource);
    const wanted = { resourceType: typeOf(resource), resourceName: resource.name };
    const [result] = (await connection.send(DescribeConfigs, { resources: [wanted] })).results;
    if (!isMissing(result.errorCode)) check(result.errorCode, doing, result.errorMessage);
    return result;
  });
  if (isMissing(result.errorCode)) throw missing(doing, inWords(resource));
  const { type, name } = resource;
  const configs = result.configs.map((one) => {
    const { value, configSource, readOnly: isReadOnly } = one;
    return [one.name, { value, source: sourceName(configSource), isReadOnly }] as const;
  });
  return { type, name, configs: Object.fromEntries(configs) };
}

export async function alterConfigs(calls: Calls, changes: readonly ConfigChange[]): Promise<void> {
  await Promise.all(changes.map((change) => alter(calls, change)));
}

async function alter(calls: Calls, change: ConfigChange): Promise<void> {
  const doing = `change the settings of ${inWords(change)}`;
  const errorCode = await calls.attempt(doing, async () => {
    const connection = await connectionFor(calls, change);
    const response = await connection.send(IncrementalAlterConfigs, {
      resources: [{ resourceType: typeOf(change), resourceName: change.name, configs: operationsOf(change) }],
    });
    const [{ errorCode, errorMessage }] = response.responses;
    if (!isMissing(errorCode)) check(errorCode, doing, errorMessage);
    return errorCode;
  });
  if (isMissing(errorCode)) throw missing(doing, inWords(change));
}

function operationsOf({ set = {}, delete: deleted = [] }: ConfigChange) {
  return [
    ...Object.entries(set).map(([name, value]) => ({ name, value, configOperation: ConfigOperation.SET })),
    ...deleted.map((name) => ({ name, value: null, configOperation: ConfigOperation.DELETE })),
  ];
}

function connectionFor(calls: Calls, { type, name }: ConfigResource): Promise<Connection> {
  return type === 'broker' && name !== '' ? calls.broker(Number(name)) : calls.controller();
}

function typeOf({ type }: ConfigResource): number {
  return type === 'topic' ? TOPIC_RESOURCE : BROKER_RESOURCE;
}

function sourceName(source: number): string {
  return Object.entries(ConfigSource).find(([, number]) => number === source)?.[0] ?? `SOURCE_${source}`;
}

function inWords({ type, name }: ConfigResource): string {
  return name === '' ? `all ${type}s` : `${type} ${name}`;
}
