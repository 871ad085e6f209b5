import { type Clock, systemClock } from '../runtime/clock.ts';

export interface LinkOptions {
  /** Unacknowledged bytes kept for replay, and so the most in flight. */
  readonly replayBytes: number;
  /** Bytes after which an ACK is due, and the time after which it is due for fewer. */
  readonly ackEveryBytes: number;
  readonly ackDelayMs: number;
  /** Silence after which a PING is sent, and after which the pipe is given up. */
  readonly pingAfterMs: number;
  readonly deadAfterMs: number;
  /** Silence after which a pipe is given up while bytes wait for their ACK. */
  readonly stallMs: number;
  /** Silence that is left to a pipe after the wall clock has jumped: the machine slept. */
  readonly wakeMs: number;
  /** From dialling to WELCOME, and from a new pipe to its HELLO. */
  readonly handshakeMs: number;
  /** Time without a pipe after which the link closes. */
  readonly giveUpMs: number;
  /** How long close() waits for the peer to have everything. */
  readonly closeMs: number;
  /** Delay that bulk may add to the path. */
  readonly targetQueueMs: number;
  readonly clock: Clock;
}

const common = {
  replayBytes: 8 * 1024 * 1024,
  ackEveryBytes: 64 * 1024,
  ackDelayMs: 5,
  pingAfterMs: 10_000,
  deadAfterMs: 25_000,
  stallMs: 5_000,
  wakeMs: 3_000,
  handshakeMs: 10_000,
  closeMs: 5_000,
  targetQueueMs: 15,
  clock: systemClock,
};

/** The caller resumes for as long as somebody may come back to a sleeping terminal. */
export const callerOptions: LinkOptions = { ...common, giveUpMs: 600_000 };

/** The agent resets what waits for a lost caller sooner: it holds connections of the target's users. */
export const acceptorOptions: LinkOptions = { ...common, giveUpMs: 30_000 };
