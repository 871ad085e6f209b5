import type { FlowBreak, FlowSink } from '../incoming/mirrored-flow.ts';

/** RFC 9113 section 3.4. */
export const HTTP2_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface Readers {
  readonly http1: () => FlowSink;
  readonly http2: () => FlowSink;
}

/** A mirrored connection on a port with a filter: its first bytes say who reads the rest. */
export class MirroredConnection implements FlowSink {
  readonly #readers: Readers;
  #head = Buffer.alloc(0);
  #reader: FlowSink | undefined;

  constructor(readers: Readers) {
    this.#readers = readers;
  }

  isOpen(): boolean {
    return this.#reader?.isOpen() !== false;
  }

  data(bytes: Buffer): void {
    if (this.#reader) {
      this.#reader.data(bytes);
      return;
    }
    this.#head = Buffer.concat([this.#head, bytes]);
    const length = Math.min(this.#head.length, HTTP2_PREFACE.length);
    const mayBe = this.#head.subarray(0, length).equals(HTTP2_PREFACE.subarray(0, length));
    if (mayBe && length < HTTP2_PREFACE.length) return;
    this.#reader = mayBe ? this.#readers.http2() : this.#readers.http1();
    this.#reader.data(this.#head);
    this.#head = Buffer.alloc(0);
  }

  end(): void {
    this.#reader?.end();
  }

  break(why: FlowBreak): void {
    this.#reader?.break(why);
  }
}
