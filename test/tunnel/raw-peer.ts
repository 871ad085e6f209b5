import type { Duplex } from 'node:stream';
import { encodeMap } from '../../src/protocol/codec.ts';
import { LinkAcceptor } from '../../src/tunnel/link-acceptor.ts';
import { Mux, type MuxOptions } from '../../src/tunnel/mux.ts';
import { info } from './drive.ts';
import { memoryPair } from './pipes.ts';

export interface RawUnit {
  readonly type: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** `u8 type | u24 length | u32 id | payload`, with any length and any payload. */
export function frame(
  type: number,
  id: number,
  payload: Buffer | string = '',
  length?: number,
): Buffer {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(8);
  header.writeUIntBE(type * 0x1_00_00_00 + (length ?? bytes.length), 0, 4);
  header.writeUInt32BE(id, 4);
  return Buffer.concat([header, bytes]);
}

/** `u8 type | u24 length | payload` */
export function record(type: number, payload: Buffer | string = '', length?: number): Buffer {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(4);
  header.writeUIntBE(type * 0x1_00_00_00 + (length ?? bytes.length), 0, 4);
  return Buffer.concat([header, bytes]);
}

/** The frame HELLO of protocol 2: the map {protocol: 2, features: []} in MessagePack. */
export const helloFrame = frame(
  1,
  0,
  Buffer.concat([
    Buffer.from([0x82, 0xa8]),
    Buffer.from('protocol'),
    Buffer.from([2, 0xa8]),
    Buffer.from('features'),
    Buffer.from([0x90]),
  ]),
);

/** The payload of a valid OPEN: priority bulk, and what the stream stands for. */
export const openPayload = Buffer.concat([Buffer.from([0]), encodeMap(info)]);

/** A caller that speaks bytes, not the code under test, to a real mux of the agent's side. */
export class RawPeer {
  readonly mux: Mux;
  readonly pipe: Duplex;
  readonly frames: RawUnit[] = [];
  readonly records: RawUnit[] = [];
  #records = Buffer.alloc(0);
  #frames = Buffer.alloc(0);
  #received = 0;
  #look: () => void = () => {};

  private constructor(mux: Mux, pipe: Duplex) {
    this.mux = mux;
    this.pipe = pipe;
  }

  static async meet(options: Partial<MuxOptions> = {}): Promise<RawPeer> {
    const [pipe, agentEnd] = memoryPair();
    const met = new Promise<Mux>((resolve) => {
      const acceptor = new LinkAcceptor((link) =>
        resolve(new Mux(link, { ...options, side: 'agent' })),
      );
      acceptor.accept(agentEnd);
    });
    const hello = Buffer.alloc(33);
    hello.write('KDL1');
    hello.fill(7, 4, 20);
    hello.writeUInt32BE(1, 20);
    pipe.write(hello);
    const peer = new RawPeer(await met, pipe);
    await new Promise<void>((resolve) => pipe.once('readable', resolve));
    pipe.read(13);
    pipe.on('data', (chunk: Buffer) => peer.#take(chunk));
    return peer;
  }

  /** Writes frames inside one DATA record. */
  send(...frames: readonly Buffer[]): void {
    this.pipe.write(record(1, Buffer.concat(frames)));
  }

  /** The first frame that fits, as soon as it is there. */
  async frame(type: number, id?: number): Promise<RawUnit> {
    return await this.#await(
      this.frames,
      (unit) => unit.type === type && (id ?? unit.id) === unit.id,
    );
  }

  async record(type: number): Promise<RawUnit> {
    return await this.#await(this.records, (unit) => unit.type === type);
  }

  /** Acknowledges what arrives from now on, until the returned function is called. */
  acknowledge(): () => void {
    const timer = setInterval(() => {
      const payload = Buffer.alloc(8);
      payload.writeBigUInt64BE(BigInt(this.#received));
      this.pipe.write(record(2, payload));
    }, 1);
    return () => clearInterval(timer);
  }

  async #await(units: readonly RawUnit[], fits: (unit: RawUnit) => boolean): Promise<RawUnit> {
    const deadline = performance.now() + 5_000;
    for (;;) {
      const found = units.find(fits);
      if (found !== undefined) return found;
      if (performance.now() > deadline) throw new Error('the awaited frame or record did not come');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.#look = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #take(chunk: Buffer): void {
    const arrived: RawUnit[] = [];
    this.#records = split(Buffer.concat([this.#records, chunk]), 4, arrived);
    for (const { type, payload } of arrived) {
      if (type === 1) this.#received += payload.length;
      if (type === 1) this.#frames = split(Buffer.concat([this.#frames, payload]), 8, this.frames);
      else {
        this.records.push({ type, id: 0, payload });
        // FIN is answered by FINACK.
        if (type === 5) this.pipe.write(record(6));
      }
    }
    this.#look();
  }
}

/** Cuts whole units off; what is left. */
function split(bytes: Buffer, headerBytes: number, into: RawUnit[]): Buffer<ArrayBuffer> {
  let at = 0;
  while (bytes.length - at >= headerBytes) {
    const end = at + headerBytes + bytes.readUIntBE(at + 1, 3);
    if (end > bytes.length) break;
    const id = headerBytes === 8 ? bytes.readUInt32BE(at + 4) : 0;
    into.push({ type: bytes.readUInt8(at), id, payload: bytes.subarray(at + headerBytes, end) });
    at = end;
  }
  return Buffer.from(bytes.subarray(at));
}
