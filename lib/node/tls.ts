/**
 * The network through TLS: the same streams, sealed. Nothing but this file knows of certificates.
 *
 * Whoever connects checks by whom the other side's certificate is signed, and that it names the host that was asked for. What is wrong is
 * nearly always one of a handful of things, and each has a sentence that says what to do.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { connect, createSecureContext, createServer, type TLSSocket } from 'node:tls';
import { ConnectionLost } from '../world/errors.ts';
import type { Address, Listener, Network, Stream } from '../world/world.ts';
import { CONNECT_TIMEOUT_MS, listening, TcpStream } from './tcp.ts';

/** A certificate or a key cannot be used, or the other side's is not trusted. The message says what to do. */
export class TlsFailed extends Error {
  override readonly name = 'TlsFailed';
}

/** For a broker. Certificates and keys are PEM: the path of a file, or the text itself, which begins with `-----BEGIN`. */
export interface ServerTls {
  /** The certificate of the broker, with those between it and the authority behind it. It has to name the host that clients connect to. */
  readonly cert: string;
  /** The private key of the certificate. */
  readonly key: string;
  /** The password of the key, where it has one. */
  readonly passphrase?: string;
}

/** For clients. */
export interface ClientTls {
  /** Whom to trust: certificates of authorities, or of the broker itself, as PEM or the path of a file. Default: whom Node trusts. */
  readonly ca?: string;
}

/** How long the two sides may take to agree on keys. A client that says nothing on a TLS port is gone after it. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** For a broker: a network to listen on. `refused` is told of clients with which no keys were agreed. Throws `TlsFailed`. */
export function serverTls(
  settings: ServerTls,
  refused: (remote: string, why: string) => void,
): Pick<Network, 'listen'> {
  const cert = pem('the certificate', settings.cert);
  const key = pem('the key', settings.key);
  const { passphrase } = settings;
  try {
    createSecureContext({ cert, key, passphrase });
  } catch (error) {
    throw new TlsFailed(whyUnusable(error as Error, passphrase !== undefined));
  }
  return {
    listen(at: Address, accept: (stream: Stream) => void): Promise<Listener> {
      const server = createServer({ cert, key, passphrase, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, (socket) =>
        accept(streamOf(socket)),
      );
      server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
        const { remoteAddress, remotePort } = socket;
        refused(
          remoteAddress === undefined ? 'a client that has left' : `${remoteAddress}:${remotePort}`,
          whyNoKeys(error),
        );
        socket.destroy();
      });
      return listening(server, at);
    },
  };
}

/** For clients: a network to connect through. Throws `TlsFailed`. */
export function clientTls({ ca }: ClientTls): Network['connect'] {
  const trusted = ca === undefined ? undefined : pem('the certificate of the authority', ca);
  return (to) => connected(to, { ca: trusted });
}

/** For clients in the process of the broker: they trust its own certificate and no other, whatever host that names. */
export function pinnedTls({ cert }: ServerTls): Network['connect'] {
  const own = new X509Certificate(pem('the certificate', cert)).fingerprint256;
  return async (to) => {
    const check = (socket: TLSSocket) =>
      socket.getPeerX509Certificate()?.fingerprint256 === own ? undefined : 'it is not the certificate of this broker';
    return connected(to, { rejectUnauthorized: false }, check);
  };
}

function connected(
  to: Address,
  trust: { readonly ca?: string; readonly rejectUnauthorized?: boolean },
  check: (socket: TLSSocket) => string | undefined = () => undefined,
): Promise<Stream> {
  const { host, port } = to;
  // A name is sent along, so that the other side can choose among its certificates; an address is not, as the standard has it.
  const socket = connect({ host, port, ...trust, ...(isIP(host) ? {} : { servername: host }) });
  return new Promise((resolve, reject) => {
    const failed = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(
      () => failed(new ConnectionLost(`no TLS with ${host}:${port} within ${CONNECT_TIMEOUT_MS / 1000} s`)),
      CONNECT_TIMEOUT_MS,
    );
    const onError = (error: NodeJS.ErrnoException) => failed(whyNotConnected(to, error));
    socket.once('error', onError);
    socket.once('secureConnect', () => {
      const problem = check(socket);
      if (problem !== undefined) return failed(new TlsFailed(`${host}:${port} is not trusted: ${problem}`));
      clearTimeout(timer);
      socket.off('error', onError);
      resolve(streamOf(socket));
    });
  });
}

function streamOf(socket: TLSSocket): Stream {
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  return new TcpStream(socket);
}

function pem(what: string, given: string): string {
  if (given.startsWith('-----BEGIN')) return given;
  let text: string;
  try {
    text = readFileSync(given, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TlsFailed(
      `${what} cannot be read from ${given} (${code}): give the path of a PEM file that this user may read`,
    );
  }
  if (text.includes('-----BEGIN')) return text;
  throw new TlsFailed(
    `${given} holds no PEM, which begins with -----BEGIN: turn it into PEM, as in  openssl pkcs12 -in ${given} -out broker.pem -nodes`,
  );
}

function whyUnusable({ message }: Error, hasPassphrase: boolean): string {
  if (/bad decrypt|bad password|BAD_DECRYPT/i.test(message)) {
    return hasPassphrase ? 'the password of the key is wrong' : 'the key has a password: give it as passphrase';
  }
  if (/passphrase|interrupted or cancelled|problems getting password/i.test(message)) {
    return 'the key has a password: give it as passphrase';
  }
  if (/key values mismatch/i.test(message)) {
    return 'the key does not belong to the certificate: give the two that were made together';
  }
  return `the certificate and the key cannot be used: ${message}`;
}

/** Seen from the broker. */
function whyNoKeys({ code = '', message }: NodeJS.ErrnoException): string {
  if (/WRONG_VERSION_NUMBER|HTTP_REQUEST|UNKNOWN_PROTOCOL|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE/.test(code)) {
    return 'it does not speak TLS, and nothing else is spoken on this port: set security.protocol to SSL or SASL_SSL there';
  }
  if (/UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN/.test(code)) {
    return 'it does not trust the certificate of this broker: give it the certificate, or that of the authority behind it';
  }
  if (code === 'ECONNRESET') return 'it left before TLS was agreed on; it may not trust the certificate of this broker';
  return `no TLS was agreed on: ${message}`;
}

/** Seen from the client. */
function whyNotConnected({ host, port }: Address, { code = '', message }: NodeJS.ErrnoException): Error {
  const at = `${host}:${port}`;
  if (/SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_UNTRUSTED/.test(code)) {
    return new TlsFailed(
      `the certificate of ${at} is signed by nobody whom this client trusts (${code}): give the certificate of the authority, or the broker's own, as tls.ca`,
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new TlsFailed(
      `the certificate of ${at} is for another host (${message}): connect to a host that it names, or have one made that names ${host}`,
    );
  }
  if (/^CERT_/.test(code)) return new TlsFailed(`the certificate of ${at} is not valid: ${message}`);
  if (/WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL|PACKET_LENGTH_TOO_LONG/.test(code)) {
    return new TlsFailed(`${at} does not speak TLS: leave tls out, or choose the port of that broker that does`);
  }
  if (code === 'ECONNRESET') {
    return new TlsFailed(`${at} closed the connection before TLS was agreed on: does this port speak TLS?`);
  }
  return new ConnectionLost(
    `nobody answers at ${at} (${code || message}): is the broker running, and is this its address?`,
  );
}
