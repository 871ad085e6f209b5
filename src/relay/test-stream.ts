import { EventEmitter } from 'node:events';

/** As much of a stream as a flow of datagrams uses. */
export class TestStream extends EventEmitter {
  readonly sent: string[] = [];
  onDatagram: (bytes: Buffer) => void = () => {};
  code: string | undefined;
  isFull = false;
  readonly #textOf: (datagram: Buffer) => string | undefined;

  /** What a datagram says, to be found in `sent`; undefined where it is none to be noted. */
  constructor(textOf: (datagram: Buffer) => string | undefined = String) {
    super();
    this.#textOf = textOf;
  }

  sendDatagram(bytes: Buffer): number {
    const text = this.#textOf(bytes);
    if (text !== undefined) this.sent.push(text);
    return this.isFull ? 1 : 0;
  }

  resume(): void {}

  reset(code: string): void {
    this.code = code;
    this.emit('close');
  }
}
