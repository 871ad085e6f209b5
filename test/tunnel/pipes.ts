import { type AddressInfo, createServer, connect as dialTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';

export type PipePair = readonly [caller: Duplex, agent: Duplex];

/** Two ends of a pipe inside the process, with back-pressure and half-close. */
export function memoryPair(): PipePair {
  const left = new MemoryEnd();
  const right = new MemoryEnd();
  left.other = right;
  right.other = left;
  return [left, right];
}

class MemoryEnd extends Duplex {
  other: MemoryEnd | undefined;
  #wanted: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  override _read(): void {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    wanted?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const other = this.other;
    if (other === undefined || other.destroyed) done();
    else if (other.push(chunk)) setImmediate(done);
    else other.#wanted = done;
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    done(error);
    const other = this.other;
    if (other !== undefined && !other.destroyed) setImmediate(() => other.destroy());
  }
}

export async function tcpPair(): Promise<readonly [caller: Socket, agent: Socket]> {
  const server = createServer({ noDelay: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const { port } = server.address() as AddressInfo;
  const caller = dialTcp({ host: '127.0.0.1', port, noDelay: true });
  const agent = await accepted;
  server.close();
  return [caller, agent];
}
