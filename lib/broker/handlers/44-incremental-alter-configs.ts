/** IncrementalAlterConfigs, versions 0-1: a setting gets a value or loses it, and a list gets entries or loses them. */
import type { Configs } from '../../cluster/topics.ts';
import { ConfigOperation, ConfigType, type IncrementalAlterConfigs } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { RequestOf } from '../../protocol/schema.ts';
import { alterAll, mustHaveValue } from '../alterConfigs.ts';
import { type ConfigEntry, ResourceError } from '../configResources.ts';
import type { Handler } from '../dispatch.ts';

type Setting = RequestOf<typeof IncrementalAlterConfigs>['resources'][number]['configs'][number];

export const handleIncrementalAlterConfigs: Handler<typeof IncrementalAlterConfigs> = async (services, request) => ({
  responses: await alterAll(services, request.resources, request.validateOnly, changed),
});

function changed(before: Configs, settings: readonly Setting[], entries: readonly ConfigEntry[]): Configs {
  const after = new Map(Object.entries(before));
  for (const setting of settings) {
    const { name, configOperation } = setting;
    if (configOperation === ConfigOperation.DELETE) after.delete(name);
    else if (configOperation === ConfigOperation.SET) after.set(name, mustHaveValue(setting).trim());
    else after.set(name, changedList(after.get(name), setting, entries));
  }
  return Object.fromEntries(after);
}

/** A list that was not set begins with what holds without it. */
function changedList(own: string | undefined, setting: Setting, entries: readonly ConfigEntry[]): string {
  const { name, configOperation } = setting;
  const value = mustHaveValue(setting);
  const entry = entries.find((one) => one.name === name);
  const known: readonly number[] = [ConfigOperation.APPEND, ConfigOperation.SUBTRACT];
  if (!known.includes(configOperation)) {
    throw new ResourceError(Errors.INVALID_REQUEST, `There is no operation ${configOperation} on settings.`);
  }
  if (entry?.configType !== ConfigType.LIST) {
    throw new ResourceError(
      Errors.INVALID_CONFIG,
      `${name} is not a list: nothing can be added to it or taken from it.`,
    );
  }
  const list = partsOf(own ?? entry.value ?? '');
  const named = partsOf(value);
  if (configOperation === ConfigOperation.SUBTRACT) return list.filter((one) => !named.includes(one)).join(',');
  return [...new Set([...list, ...named])].join(',');
}

function partsOf(list: string): string[] {
  return list
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}
