import { Duplex } from 'node:stream';
import type { StreamInfo } from '../protocol/messages.ts';

/**
 * One stream of the mux. end() is FIN: the other direction stays open. The peer's reset destroys it with an error whose
 * `code` is the peer's errno name. Bytes written must not change afterwards: they travel uncopied.
 */
export declare class MuxStream extends Duplex {
  readonly id: number;
  readonly info: StreamInfo;
  /** The opener's: resolves on ACCEPT, rejects with `code` of the peer's RST before it. Never an unhandled rejection. */
  readonly accepted: Promise<void>;
  /** The acceptor's: what the stream stands for is connected. */
  accept(): void;
  /** Aborts both directions with an errno name, unsent bytes included. */
  reset(code: string): void;
}
