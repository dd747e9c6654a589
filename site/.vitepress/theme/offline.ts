/** The page's end of the service worker (../../offline/worker.ts): starts it, and tells it what is being read. */

import type { OfflineMessage } from '../../offline/message.ts';
import { isDataScarce, whenIdle } from './whenIdle.ts';

/**
 * Keeps the page that is being read for a day without a network, and what runs its cells.
 * @param base the path of the site on its host
 */
export async function keepForOffline(base: string): Promise<void> {
  // There is none in a private window of some browsers, nor at an address that is neither https nor this machine.
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (workers === undefined) return;
  await whenIdle();
  await workers.register(`${base}sw.js`, { scope: base });
  const { active } = await workers.ready;
  active?.postMessage({ keep: location.pathname } satisfies OfflineMessage);
  if (!isDataScarce()) active?.postMessage({ keepAll: true } satisfies OfflineMessage);
}
