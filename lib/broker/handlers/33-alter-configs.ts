/** AlterConfigs, versions 0-2: the settings named here take the place of all that were set before. */
import type { AlterConfigs } from '../../protocol/apis/index.ts';
import { alterAll, mustHaveValue } from '../alterConfigs.ts';
import type { Handler } from '../dispatch.ts';

export const handleAlterConfigs: Handler<typeof AlterConfigs> = async (services, { resources, validateOnly }) => ({
  responses: await alterAll(services, resources, validateOnly, (_, settings) =>
    Object.fromEntries(settings.map((setting) => [setting.name, mustHaveValue(setting)])),
  ),
});
