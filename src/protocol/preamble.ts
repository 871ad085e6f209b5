import type { Duplex } from 'node:stream';
import { readExactly } from '../runtime/read-exactly.ts';
import { errnoError } from './errno.ts';

/** What one session, its sidecars and its agents share: who they are and the proof of it. */
export interface SessionKey {
  /** 32 lower-case hexadecimal digits. */
  readonly id: string;
  /** 32 random bytes. */
  readonly secret: Buffer;
}

const greeting = Buffer.from('KDEV/1\n', 'latin1');
const idBytes = 16;
const secretBytes = 32;
const preambleBytes = greeting.length + idBytes + secretBytes;

/** The first bytes of every pipe that the session hands to a sidecar, before TLS. */
export function encodePreamble(key: SessionKey): Buffer {
  if (!/^[0-9a-f]{32}$/.test(key.id) || key.secret.length !== secretBytes) {
    throw errnoError('EINVAL', 'a session key is 32 hexadecimal digits and 32 bytes');
  }
  return Buffer.concat([greeting, Buffer.from(key.id, 'hex'), key.secret]);
}

/**
 * Reads the preamble and leaves what follows it in the pipe. Rejects with `code` EPROTO where it is none, ECONNRESET
 * where the pipe ends first, the pipe's own error, or the signal's reason.
 */
export async function readPreamble(pipe: Duplex, signal: AbortSignal): Promise<SessionKey> {
  const bytes = await readExactly(pipe, preambleBytes, { awaited: 'the preamble', signal });
  if (!bytes.subarray(0, greeting.length).equals(greeting)) {
    throw errnoError('EPROTO', 'the pipe does not begin with the preamble of a kdev session');
  }
  return {
    id: bytes.toString('hex', greeting.length, greeting.length + idBytes),
    secret: Buffer.from(bytes.subarray(greeting.length + idBytes)),
  };
}
