import { once } from 'node:events';
import type net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { errnoError, errnoOf } from '../../src/protocol/errno.ts';
import { deadline } from '../../src/runtime/deadline.ts';

/** What a port of the target says to a handshake. */
export type TlsOffer =
  | { readonly speaks: 'something else' }
  /** It wants to see a certificate of its client, which only the client has. */
  | { readonly speaks: 'tls to those it knows' }
  | { readonly speaks: 'tls'; readonly alpn: string | undefined; readonly fingerprint: string };

export interface SecureOptions {
  readonly alpn: string | undefined;
  readonly servername: string | undefined;
}

const HANDSHAKE_MS = 5_000;
/** TLS 1.3 servers judge a client after its handshake: how long one may take to say that it is not welcome. */
const VERDICT_MS = 500;
const HTTP_PROTOCOLS = ['h2', 'http/1.1'];
const WANTS_CERTIFICATE =
  /CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE|ALERT_HANDSHAKE_FAILURE|ALERT_CERTIFICATE_UNKNOWN/;

/** Speaks TLS over a connection to the target or the service. Nobody's certificate is checked: the agent stands beside the target. */
export async function secure(
  connection: Duplex,
  { alpn, servername }: SecureOptions,
): Promise<tls.TLSSocket> {
  const socket = handshake(connection, alpn === undefined ? [] : [alpn], servername);
  try {
    await once(socket, 'secureConnect', { signal: deadline(HANDSHAKE_MS) });
    return socket;
  } catch (error) {
    socket.destroy();
    throw errnoError(errnoOf(error), `TLS: ${String(error)}`, error);
  }
}

/** Asks a port of the target by one handshake. Rejects where it cannot be connected to. */
export async function askTarget(connection: net.Socket): Promise<TlsOffer> {
  const socket = handshake(connection, HTTP_PROTOCOLS, undefined);
  const late = deadline(HANDSHAKE_MS);
  try {
    await once(socket, 'secureConnect', { signal: late });
    const { alpnProtocol } = socket;
    const { fingerprint256 } = socket.getPeerCertificate();
    await verdict(socket);
    return { speaks: 'tls', alpn: alpnProtocol || undefined, fingerprint: fingerprint256 };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const wants = WANTS_CERTIFICATE.test(code);
    return { speaks: wants ? 'tls to those it knows' : 'something else' };
  } finally {
    // In order: the target would log a handshake that was broken off.
    socket.resume();
    socket.end();
    setTimeout(() => socket.destroy(), VERDICT_MS);
  }
}

function handshake(
  connection: Duplex,
  protocols: readonly string[],
  servername: string | undefined,
): tls.TLSSocket {
  const socket = tls.connect({
    socket: connection,
    rejectUnauthorized: false,
    ...(protocols.length > 0 ? { ALPNProtocols: [...protocols] } : {}),
    ...(servername === undefined ? {} : { servername }),
  });
  socket.allowHalfOpen = true;
  socket.on('error', () => undefined); // seen by its close
  return socket;
}

/** Its first word after the handshake, a ticket or data, says that the client is welcome; so does silence. */
async function verdict(socket: tls.TLSSocket): Promise<void> {
  if (socket.getProtocol() !== 'TLSv1.3') return;
  const ended = new AbortController();
  const { signal } = ended;
  const silence = new Promise<void>((resolve) => {
    setTimeout(resolve, VERDICT_MS).unref();
  });
  socket.resume();
  try {
    await Promise.race([
      once(socket, 'session', { signal }),
      once(socket, 'data', { signal }),
      once(socket, 'end', { signal }),
      silence,
    ]);
  } finally {
    ended.abort();
  }
}
