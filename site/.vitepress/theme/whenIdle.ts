/** When a page may do what nobody has asked for. */

/** Resolves when the page has loaded, somebody sees it, and the browser has nothing else to do. */
export async function whenIdle(): Promise<void> {
  if (document.readyState !== 'complete') await heard(window, 'load');
  if (document.visibilityState !== 'visible') await heard(document, 'visibilitychange');
  await new Promise<void>((resolve) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => resolve(), { timeout: 2000 });
    else setTimeout(resolve, 200);
  });
}

/** The reader has asked for little to be loaded, or the connection carries little. */
export function isDataScarce(): boolean {
  const { connection } = navigator as { connection?: { saveData?: boolean; effectiveType?: string } };
  const isSlow = connection?.saveData === true || /2g/.test(connection?.effectiveType ?? '');
  return isSlow || matchMedia('(prefers-reduced-data: reduce)').matches;
}

function heard(target: EventTarget, event: string): Promise<unknown> {
  return new Promise((resolve) => target.addEventListener(event, resolve, { once: true }));
}
