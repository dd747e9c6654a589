/** SaslAuthenticate, versions 0-2, where it does not belong: see 17-sasl-handshake.ts. */
import type { SaslAuthenticate } from '../../protocol/apis/index.ts';
import { Errors } from '../../protocol/errors.ts';
import type { Handler } from '../dispatch.ts';

const NO_BYTES = new Uint8Array(0);

export const handleSaslAuthenticate: Handler<typeof SaslAuthenticate> = () => ({
  errorCode: Errors.ILLEGAL_SASL_STATE.code,
  errorMessage: 'SaslAuthenticate request received after successful authentication',
  authBytes: NO_BYTES,
});
