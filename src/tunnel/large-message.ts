import type { Batch } from './batch.ts';
import type { Source } from './outbox.ts';

/** Above this a call or its answer waits for its turn among the streams, so that small ones stay quick. */
export const largeMessageBytes = 16 * 1024;

/** A CALL or REPLY with a large tail, sent whole in one turn. */
export class LargeMessage implements Source {
  readonly priority = 'bulk';
  queued = false;
  readonly #head: Buffer;
  readonly #tail: Buffer;
  readonly #sent: () => void;

  constructor(head: Buffer, tail: Buffer, sent: () => void) {
    this.#head = head;
    this.#tail = tail;
    this.#sent = sent;
  }

  fill(batch: Batch): boolean {
    batch.put(this.#head);
    batch.put(this.#tail);
    this.#sent();
    return false;
  }
}
