import {
  type AddressInfo,
  createServer,
  connect as dialTcp,
  type Server,
  type Socket,
} from 'node:net';

/** A TCP hop that can cut its connections, swallow everything, or cut each one after a number of bytes. */
export class KillingProxy {
  kills = 0;
  /** Bytes, both ways together, after which the next connection is cut; undefined leaves it whole. */
  nextCut: () => number | undefined = () => undefined;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #swallowing = false;
  #refusing = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(targetPort: number): Promise<KillingProxy> {
    const server = createServer({ noDelay: true, allowHalfOpen: true });
    const proxy = new KillingProxy(server);
    server.on('connection', (near) => proxy.#join(near, targetPort));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#pairs.size;
  }

  cutAll(): void {
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    this.#pairs.clear();
  }

  /** A black hole: connections stay, no byte passes, new ones are taken and hear nothing. */
  swallow(on: boolean): void {
    this.#swallowing = on;
    for (const socket of [...this.#pairs].flat()) {
      if (on) socket.pause();
      else socket.resume();
    }
  }

  /** New connections are reset at once. */
  refuse(on: boolean): void {
    this.#refusing = on;
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket, targetPort: number): void {
    if (this.#refusing) {
      near.resetAndDestroy();
      return;
    }
    const far = dialTcp({
      host: '127.0.0.1',
      port: targetPort,
      noDelay: true,
      allowHalfOpen: true,
    });
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const cutAt = this.nextCut();
    let passed = 0;
    const cut = () => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    const forward = (from: Socket, to: Socket) => {
      from.on('error', cut);
      from.on('close', cut);
      from.on('end', () => to.end());
      from.on('data', (chunk: Buffer) => {
        if (cutAt === undefined || passed + chunk.length < cutAt) {
          passed += chunk.length;
          if (!to.write(chunk)) from.pause();
          return;
        }
        const last = chunk.subarray(0, Math.max(0, cutAt - passed));
        passed = cutAt;
        this.kills += 1;
        if (last.length === 0) cut();
        else to.write(last, cut);
        from.pause();
      });
      to.on('drain', () => {
        if (!this.#swallowing) from.resume();
      });
      if (this.#swallowing) from.pause();
    };
    forward(near, far);
    forward(far, near);
  }
}
