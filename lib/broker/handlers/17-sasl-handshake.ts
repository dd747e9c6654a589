/**
 * SaslHandshake, versions 0-1, where it does not belong: on a connection that has been let in already, or that asks nobody who he is. Where it
 * does belong, it never comes to a handler (broker/sasl/authenticator.ts).
 */
import type { SaslHandshake } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { Handler } from '../dispatch.ts';

export const handleSaslHandshake: Handler<typeof SaslHandshake> = () => ({
  errorCode: Errors.ILLEGAL_SASL_STATE.code,
  mechanisms: [],
});
