import type { Duplex } from 'node:stream';

export type LinkState = 'up' | 'resuming' | 'closed';

export interface LinkOptions {
  /** Unacknowledged bytes kept for replay, and so the most in flight. */
  readonly replayBytes: number;
  readonly ackEveryBytes: number;
  readonly ackDelayMs: number;
  /** Silence after which a PING is sent, and after which the pipe is given up. */
  readonly pingAfterMs: number;
  readonly deadAfterMs: number;
  readonly handshakeMs: number;
  /** Time without a pipe after which the link closes. */
  readonly giveUpMs: number;
  /** Delay that bulk may add to the path. */
  readonly targetQueueMs: number;
}

/**
 * A byte stream between one caller and one agent that survives its pipes. It starts as `resuming`, and is `closed` for
 * good after close(), after the peer's, when the agent does not know it any more (`why.code` is ESTALE), or when no pipe
 * came within giveUpMs (ETIMEDOUT).
 */
export interface Link {
  readonly state: LinkState;
  readonly rttMs: number;
  /** How often a pipe was replaced. */
  readonly resumed: number;
  /** Hands over frames in order; never blocks. Their bytes must not change afterwards: they are kept for replay. */
  send(frames: readonly Buffer[], bytes: number): void;
  /** Bytes that bulk may hand over now. */
  budget(): number;
  /** Bytes that urgent frames may hand over now, which bulk's cap does not bind. */
  room(): number;
  /** The mux's: budget or room may have grown. */
  onBudget: () => void;
  /** The mux's: bytes arrived. */
  onData: (chunk: Buffer) => void;
  /** The mux's: the link is closed; `why` is undefined where either side closed it properly. */
  onEnd: (why: Error | undefined) => void;
  /** The owner's. `resuming` is repeated with a new `why` at every failed attempt. */
  onState: (state: LinkState, why?: Error) => void;
  /** Says so to the peer, waits until it has every byte (in the background, with a deadline), and closes. Idempotent. */
  close(): void;
}

/** The caller's side. `dial` gives a fresh, secured pipe each time; its signal is aborted at its deadline and by close(). */
export declare function connectLink(
  dial: (signal: AbortSignal) => Promise<Duplex>,
  options?: Partial<LinkOptions>,
): Link;

/** The agent's side: give it every secured pipe of one role. `onLink` sees a link before its first byte: attach the Mux in it. */
export declare class LinkAcceptor {
  constructor(onLink: (link: Link) => void, options?: Partial<LinkOptions>);
  accept(pipe: Duplex): void;
  /** Closes every link. */
  close(): void;
}
