import type { Duplex } from 'node:stream';
import type { SessionKey as Key } from '../protocol/preamble.ts';

export type SessionKey = Key;

/** Who calls the agent; the identity inside TLS is `${role}:${key id}`. */
export type Role = 'sidecar' | 'session';

/** The caller's side. Rejects with `code` EACCES where the other end does not hold the key, else with the pipe's own error. */
export declare function securePipe(
  pipe: Duplex,
  role: Role,
  key: SessionKey,
  signal: AbortSignal,
): Promise<Duplex>;

/** The agent's side. */
export declare function acceptSecurePipe(
  pipe: Duplex,
  key: SessionKey,
  signal: AbortSignal,
): Promise<{ pipe: Duplex; role: Role }>;
