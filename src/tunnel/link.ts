export type LinkState = 'up' | 'resuming' | 'closed';

/**
 * A byte stream between one caller and one agent that survives its pipes. It starts as `resuming`, and is `closed` for
 * good after close(), after the peer's, when the agent does not know it any more (`why.code` is ESTALE), or when no pipe
 * came within giveUpMs (ETIMEDOUT).
 */
export interface Link {
  readonly state: LinkState;
  readonly rttMs: number;
  /** How often a pipe was lost. */
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
  /** Ends at once because the peer broke the protocol, telling it why. */
  abort(error: Error): void;
}
