/** IncrementalAlterConfigs, versions 0-1. No setting here is a list, so nothing can be added to one or taken from it. */
import type { Configs } from '../../cluster/topics.ts';
import { ConfigOperation, type IncrementalAlterConfigs } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { RequestOf } from '../../protocol/schema.ts';
import { alterAll, mustHaveValue } from '../alterConfigs.ts';
import { ResourceError } from '../configResources.ts';
import type { Handler } from '../dispatch.ts';

type Setting = RequestOf<typeof IncrementalAlterConfigs>['resources'][number]['configs'][number];

export const handleIncrementalAlterConfigs: Handler<typeof IncrementalAlterConfigs> = async (services, request) => ({
  responses: await alterAll(services, request.resources, request.validateOnly, changed),
});

function changed(before: Configs, settings: readonly Setting[]): Configs {
  const after: { [name: string]: string } = { ...before };
  for (const setting of settings) {
    const { name, configOperation } = setting;
    if (configOperation === ConfigOperation.DELETE) delete after[name];
    else if (configOperation === ConfigOperation.SET) after[name] = mustHaveValue(setting);
    else throw refusal(setting);
  }
  return after;
}

function refusal({ name, configOperation }: Setting): ResourceError {
  const known: readonly number[] = [ConfigOperation.APPEND, ConfigOperation.SUBTRACT];
  if (known.includes(configOperation)) {
    return new ResourceError(
      Errors.INVALID_CONFIG,
      `${name} is not a list: nothing can be added to it or taken from it.`,
    );
  }
  return new ResourceError(Errors.INVALID_REQUEST, `There is no operation ${configOperation} on settings.`);
}
