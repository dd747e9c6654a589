/** From a page to the service worker: the address of a page that is being read, or leave to fetch what is only sometimes needed. */
export type OfflineMessage = { keep: string } | { keepAll: true };
