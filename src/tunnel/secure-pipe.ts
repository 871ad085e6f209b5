import { timingSafeEqual } from 'node:crypto';
import type { Duplex } from 'node:stream';
import {
  type ConnectionOptions,
  connect,
  type SecureContextOptions,
  TLSSocket,
  type TLSSocketOptions,
  type TlsOptions,
} from 'node:tls';
import { errnoError } from '../protocol/errno.ts';
import type { SessionKey as Key } from '../protocol/preamble.ts';

export type SessionKey = Key;

/** Who calls the agent; the identity inside TLS is `${role}:${key id}`. */
export type Role = (typeof roles)[number];

const roles = ['sidecar', 'session', 'dump'] as const;

const alpn = 'kdev/1';

/**
 * TLS 1.3 with an external PSK and no certificates (RFC 8446, section 2.2). `rejectUnauthorized` stays true: without it a
 * man in the middle with any certificate would be accepted in place of the key. `ca: []` trusts no certificate at all.
 */
const settings = {
  minVersion: 'TLSv1.3' as const,
  maxVersion: 'TLSv1.3' as const,
  ciphers: 'TLS_AES_128_GCM_SHA256',
  ca: [],
} satisfies SecureContextOptions;

const highWaterMark = 64 * 1024;
const closedEarly = 'the pipe closed in the TLS handshake';

/**
 * The caller's side. Rejects with `code` EACCES where the other end does not prove that it holds the key, EPROTO where
 * it speaks no TLS or another version, the signal's reason, else the pipe's own error; the pipe is destroyed then.
 */
export function securePipe(
  pipe: Duplex,
  role: Role,
  key: SessionKey,
  signal: AbortSignal,
): Promise<Duplex> {
  const options: ConnectionOptions & { highWaterMark: number } = {
    ...settings,
    socket: pipe,
    ALPNProtocols: [alpn],
    pskCallback: () => ({ psk: key.secret, identity: `${role}:${key.id}` }),
    // Only reached with a certificate, which flawOf refuses; there is no name to check.
    checkServerIdentity: () => undefined,
    highWaterMark,
  };
  const secured = connect(options);
  return handshake(secured, 'secureConnect', pipe, signal);
}

/** The agent's side; the same errors. */
export async function acceptSecurePipe(
  pipe: Duplex,
  key: SessionKey,
  signal: AbortSignal,
): Promise<{ pipe: Duplex; role: Role }> {
  let role: Role | undefined;
  const options: TLSSocketOptions & Pick<TlsOptions, 'pskCallback'> & { highWaterMark: number } = {
    ...settings,
    isServer: true,
    ALPNProtocols: [alpn],
    pskCallback: (_socket, identity) => {
      role = roleOf(identity, key);
      return role === undefined ? null : key.secret;
    },
    highWaterMark,
  };
  const secured = new TLSSocket(pipe, options);
  await handshake(secured, 'secure', pipe, signal);
  if (role === undefined) {
    secured.destroy();
    throw errnoError('EACCES', 'the caller did not say who it is');
  }
  return { pipe: secured, role };
}

function roleOf(identity: string, key: SessionKey): Role | undefined {
  for (const role of roles) {
    const expected = Buffer.from(`${role}:${key.id}`);
    const given = Buffer.from(identity);
    if (given.length === expected.length && timingSafeEqual(given, expected)) return role;
  }
  return undefined;
}

function handshake(
  secured: TLSSocket,
  done: 'secure' | 'secureConnect',
  pipe: Duplex,
  signal: AbortSignal,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      secured.off(done, succeed);
      secured.off('error', fail);
      secured.off('close', closed);
      signal.removeEventListener('abort', abort);
    };
    const fail = (error: unknown) => {
      settle();
      secured.on('error', () => {});
      secured.destroy();
      pipe.destroy();
      reject(error === signal.reason ? error : inWords(error));
    };
    const closed = () => fail(errnoError('ECONNRESET', closedEarly));
    const abort = () => fail(signal.reason);
    const succeed = () => {
      const flaw = flawOf(secured);
      if (flaw !== undefined) return fail(errnoError('EACCES', flaw));
      settle();
      resolve(secured);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    secured.on(done, succeed);
    secured.on('error', fail);
    secured.on('close', closed);
  });
}

/** The proof that the key itself authenticated the other end, and not a certificate. */
function flawOf(secured: TLSSocket): string | undefined {
  if (!secured.isSessionReused()) return 'the other end did not prove that it holds the key';
  if (secured.getPeerX509Certificate() !== undefined) return 'the other end showed a certificate';
  if (secured.alpnProtocol !== alpn) return `the other end does not speak ${alpn}`;
  return undefined;
}

function inWords(error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ECONNRESET') return errnoError(code, closedEarly, error);
  if (!code.startsWith('ERR_SSL_') && !code.includes('CERT') && !code.startsWith('ERR_TLS')) {
    return error instanceof Error ? error : new Error(String(error));
  }
  if (/WRONG_VERSION_NUMBER|HTTP_REQUEST|NO_APPLICATION_PROTOCOL|PROTOCOL_VERSION/.test(code)) {
    return errnoError('EPROTO', `the other end of the pipe does not speak ${alpn}`, error);
  }
  return errnoError('EACCES', 'the other end does not hold this session’s key', error);
}
