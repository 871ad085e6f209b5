import type { Duplex } from 'node:stream';

/** What one session, its sidecars and its agents share: who they are and the proof of it. */
export interface SessionKey {
  /** 32 lower-case hexadecimal digits. */
  readonly id: string;
  /** 32 random bytes. */
  readonly secret: Buffer;
}

/** The first bytes of every pipe that the session hands to a sidecar, before TLS. */
export declare function encodePreamble(key: SessionKey): Buffer;

/** Reads the preamble and leaves what follows it in the pipe. Rejects with `code` EPROTO, ECONNRESET or ETIMEDOUT. */
export declare function readPreamble(pipe: Duplex, signal: AbortSignal): Promise<SessionKey>;
