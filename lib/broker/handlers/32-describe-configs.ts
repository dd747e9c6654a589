/**
 * DescribeConfigs, versions 1-4. What is named twice is described once, as it was named the last time.
 *
 * Not here: settings of loggers, groups and client metrics.
 */
import type { DescribeConfigs } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts';
import { type ConfigEntry, resourceOf, resourceProblem } from '../configResources.ts';
import type { Handler } from '../dispatch.ts';
import type { Services } from '../services.ts';

type Request = RequestOf<typeof DescribeConfigs>;
type Result = ResponseInput<typeof DescribeConfigs>['results'][number];

export const handleDescribeConfigs: Handler<typeof DescribeConfigs> = (services, request) => ({
  results: once(request.resources).map((wanted) => describe(services, wanted, request)),
});

function once(resources: Request['resources']): Request['resources'] {
  return [...new Map(resources.map((one) => [`${one.resourceType} ${one.resourceName}`, one])).values()];
}

function describe(services: Services, wanted: Request['resources'][number], request: Request): Result {
  const { resourceType, resourceName, configurationKeys } = wanted;
  const resource = { resourceType, resourceName };
  try {
    const { entries } = resourceOf(services, resourceType, resourceName);
    const all = configurationKeys === null || configurationKeys.length === 0;
    const configs = entries
      .filter(({ name }) => all || configurationKeys.includes(name))
      .map((entry) => withOnly(entry, request));
    return { ...resource, errorCode: Errors.NONE.code, configs };
  } catch (error) {
    return { ...resource, ...resourceProblem(error), configs: [] };
  }
}

function withOnly(entry: ConfigEntry, { includeSynonyms, includeDocumentation }: Request): ConfigEntry {
  return {
    ...entry,
    synonyms: includeSynonyms ? entry.synonyms : [],
    documentation: includeDocumentation ? entry.documentation : null,
  };
}
