/** ApiVersions, versions 0-4: what this broker can do. It is the first thing that a client asks, so it must be answered whatever the client is. */
import type { ApiVersions } from '../../protocol/apis/index.ts';
import { type ErrorCode, Errors } from '../../protocol/errors.ts';
import type { RequestOf, ResponseInput } from '../../protocol/schema.ts';
import type { Handler } from '../dispatch.ts';
import type { Services } from '../services.ts';

const NAMES_ITSELF_SINCE = 3;
/** What the software of a client may be called (KIP-511). */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/;
const API_VERSIONS_KEY = 18;

export const handleApiVersions: Handler<typeof ApiVersions> = (services, request, { version }) =>
  knownApis(services, request, version);

/** The same before a client has shown who it is, when requests do not come to handlers (sasl/authenticator.ts). */
export function knownApis(
  services: Services,
  request: RequestOf<typeof ApiVersions>,
  version: number,
): ResponseInput<typeof ApiVersions> {
  const named = [request.clientSoftwareName, request.clientSoftwareVersion].every((text) => SOFTWARE.test(text));
  if (version >= NAMES_ITSELF_SINCE && !named) return { errorCode: Errors.INVALID_REQUEST.code, apiKeys: [] };
  return { errorCode: Errors.NONE.code, apiKeys: rangesOf(services) };
}

/** The answer to a version of the question that is too new: in form 0, and with the one range that helps the client to ask again. */
export function unsupportedApiVersions(services: Services, error: ErrorCode): ResponseInput<typeof ApiVersions> {
  return { errorCode: error.code, apiKeys: rangesOf(services).filter(({ apiKey }) => apiKey === API_VERSIONS_KEY) };
}

function rangesOf({ announced }: Services): ResponseInput<typeof ApiVersions>['apiKeys'] {
  return announced.map(({ api, versions: [minVersion, maxVersion] }) => ({ apiKey: api.key, minVersion, maxVersion }));
}
