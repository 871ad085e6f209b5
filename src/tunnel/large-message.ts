import type { Batch } from './batch.ts';
import type { Source } from './outbox.ts';

/** Above this a call or its answer waits for its turn among the streams, so that small ones stay quick. */
export const largeMessageBytes = 32 * 1024;

/** A CALL or REPLY with a large tail, sent whole in one turn. */
export class LargeMessage implements Source {
  readonly priority = 'bulk';
  queued = false;
  readonly #head: Buffer;
  readonly #tail: Buffer;

  constructor(head: Buffer, tail: Buffer) {
    this.#head = head;
    this.#tail = tail;
  }

  fill(batch: Batch): boolean {
    batch.put(this.#head);
    batch.put(this.#tail);
    return false;
  }
}
