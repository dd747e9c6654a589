/** What AlterConfigs and IncrementalAlterConfigs have in common: each resource is changed as a whole or not at all, and one that is named twice is not. */
import type { Configs } from '../cluster/topics.ts';
import { TOPIC_RESOURCE } from '../protocol/apis/index.ts';
import { Errors } from '../protocol/errors.ts';
import { type ConfigEntry, ResourceError, resourceOf, resourceProblem } from './configResources.ts';
import { namedTwice } from './namedTwice.ts';
import type { Services } from './services.ts';

interface AlteredResource<Setting> {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly configs: readonly Setting[];
}

export interface Altered {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** `changed` answers the settings that a resource shall have, given those that it has and all that hold for it; it throws `ResourceError`. */
export async function alterAll<Setting extends { readonly name: string }>(
  services: Services,
  resources: readonly AlteredResource<Setting>[],
  validateOnly: boolean,
  changed: (before: Configs, settings: readonly Setting[], entries: readonly ConfigEntry[]) => Configs,
): Promise<Altered[]> {
  const twice = namedTwice(resources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`));
  const responses: Altered[] = [];
  for (const { resourceType, resourceName, configs } of resources) {
    try {
      mustBe(resourceType !== TOPIC_RESOURCE || resourceName !== '', 'Topics have no settings in common: name one.');
      mustBe(!twice.has(`${resourceType} ${resourceName}`), 'The request names the topic or broker twice.');
      mustBe(new Set(configs.map(({ name }) => name)).size === configs.length, 'The request names a setting twice.');
      const resource = resourceOf(services, resourceType, resourceName);
      const change = (before: Configs) => changed(before, configs, resource.entries);
      resource.check(change(resource.configs));
      if (!validateOnly) await resource.change(change);
      responses.push({ resourceType, resourceName, errorCode: Errors.NONE.code, errorMessage: null });
    } catch (error) {
      responses.push({ resourceType, resourceName, ...resourceProblem(error) });
    }
  }
  return responses;
}

function mustBe(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new ResourceError(Errors.INVALID_REQUEST, otherwise);
}

/** A value that there must be. */
export function mustHaveValue({ name, value }: { readonly name: string; readonly value: string | null }): string {
  if (value !== null) return value;
  throw new ResourceError(Errors.INVALID_REQUEST, `${name} is set to null, which is no value.`);
}
