/** What can go wrong with one request, apart from the loss of the connection (lib/world/errors.ts). */

/** No response came in time. The request may have been carried out all the same: nobody on this side can know. */
export class RequestTimedOut extends Error {
  override readonly name = 'RequestTimedOut';
}

/** The two sides share no version of a request. */
export class UnsupportedApi extends Error {
  override readonly name = 'UnsupportedApi';
}

/** A broker does not let this client in, or is not the one that it should be. Trying again with the same settings is of no use. */
export class AuthenticationFailed extends Error {
  override readonly name = 'AuthenticationFailed';
}
