import { ChunkScanner } from './chunk-scanner.ts';
import { type Head, HeadReader } from './head-lines.ts';

/** How a message's body ends: after so many bytes (0: there is none), by itself, or with the connection. */
export type BodyEnd = number | 'chunked' | 'close';

/** A part of a message: its original bytes, in order, each once. */
export type Part<H> =
  | { readonly kind: 'head'; readonly bytes: Buffer; readonly head: H }
  /** `contents` is what the bytes carry, where it was asked for. */
  | { readonly kind: 'body'; readonly bytes: Buffer; readonly contents: readonly Buffer[] }
  | { readonly kind: 'end' }
  /** It cannot be told where this message ends. What was not given yet is in `takeRest`. */
  | { readonly kind: 'unclear' };

export interface MessageForm<H> {
  readonly isStart: (line: string) => boolean;
  /** What the head says, and how its message ends; undefined where that is not clear. */
  readonly read: (head: Head) => { readonly head: H; readonly body: BodyEnd } | undefined;
}

/**
 * Cuts the bytes of one direction of an HTTP/1 connection into messages. Bytes are pushed as they come, parts are pulled as they are wanted;
 * what is not pulled stays. The parts do not depend on how the bytes were cut, but for where a body is.
 */
export class MessageReader<H> {
  /** Whether bodies are given with what they carry. */
  wantsContents = false;
  readonly #form: MessageForm<H>;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #head: HeadReader | undefined;
  /** Of the body that is being read. */
  #left = 0;
  #chunked: ChunkScanner | undefined;
  #at: 'head' | 'counted' | 'chunked' | 'close' | 'unclear' = 'head';

  constructor(form: MessageForm<H>) {
    this.#form = form;
  }

  /** Bytes that no part has carried yet. */
  get heldBytes(): number {
    return this.#bytes + (this.#head?.bytes.length ?? 0);
  }

  /** Whether a head has begun and not ended. */
  get isInsideHead(): boolean {
    return this.#at === 'head' && this.heldBytes > 0;
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The next part, undefined where more bytes are needed for it. */
  next(): Part<H> | undefined {
    switch (this.#at) {
      case 'head':
        return this.#nextOfHead();
      case 'counted':
        return this.#nextOfCounted();
      case 'chunked':
        return this.#nextOfChunked();
      case 'close': {
        const bytes = this.#shift();
        return bytes && this.#body(bytes, [bytes]);
      }
      case 'unclear':
        return { kind: 'unclear' };
    }
  }

  /** All that no part has carried, in order. */
  takeRest(): readonly Buffer[] {
    const head = this.#head?.bytes ?? Buffer.alloc(0);
    const rest = [head, ...this.#chunks].filter(({ length }) => length > 0);
    this.#head = undefined;
    this.#chunks = [];
    this.#bytes = 0;
    return rest;
  }

  #nextOfHead(): Part<H> | undefined {
    this.#head ??= new HeadReader(this.#form.isStart);
    while (this.#head.state === 'more') {
      const chunk = this.#shift();
      if (chunk === undefined) return undefined;
      this.#unshift(chunk.subarray(this.#head.take(chunk)));
    }
    const read = this.#head.state === 'done' ? this.#form.read(this.#head.head) : undefined;
    if (read === undefined) {
      this.#at = 'unclear';
      return { kind: 'unclear' };
    }
    const { bytes } = this.#head;
    this.#head = undefined;
    this.#begin(read.body);
    return { kind: 'head', bytes, head: read.head };
  }

  #begin(body: BodyEnd): void {
    this.#left = typeof body === 'number' ? body : 0;
    this.#chunked = body === 'chunked' ? new ChunkScanner() : undefined;
    this.#at = typeof body === 'number' ? 'counted' : body;
  }

  #nextOfCounted(): Part<H> | undefined {
    if (this.#left === 0) return this.#end();
    const chunk = this.#shift();
    if (chunk === undefined) return undefined;
    const bytes = chunk.subarray(0, this.#left);
    this.#unshift(chunk.subarray(bytes.length));
    this.#left -= bytes.length;
    return this.#body(bytes, [bytes]);
  }

  #nextOfChunked(): Part<H> | undefined {
    const scanner = this.#chunked;
    if (scanner === undefined || scanner.state === 'done') return this.#end();
    if (scanner.state === 'unclear') {
      this.#at = 'unclear';
      return { kind: 'unclear' };
    }
    const chunk = this.#shift();
    if (chunk === undefined) return undefined;
    const contents: Buffer[] = [];
    const keep = this.wantsContents ? (content: Buffer) => contents.push(content) : undefined;
    const bytes = chunk.subarray(0, scanner.scan(chunk, keep));
    this.#unshift(chunk.subarray(bytes.length));
    return this.#body(bytes, contents);
  }

  #body(bytes: Buffer, contents: readonly Buffer[]): Part<H> {
    return { kind: 'body', bytes, contents };
  }

  #end(): Part<H> {
    this.#at = 'head';
    this.#chunked = undefined;
    return { kind: 'end' };
  }

  #shift(): Buffer | undefined {
    const chunk = this.#chunks.shift();
    this.#bytes -= chunk?.length ?? 0;
    return chunk;
  }

  #unshift(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.unshift(chunk);
    this.#bytes += chunk.length;
  }
}
