import { once } from 'node:events';
import net from 'node:net';
import { errnoError, errnoOf } from '../../src/protocol/errno.ts';
import type { AgentStatus, Endpoint } from '../../src/protocol/messages.ts';
import { join } from '../../src/relay/join.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import { type ResolvedPath, resolvePath } from '../files/resolve-path.ts';

const highWaterMark = 128 * 1024;
/** Between the service and its peer nobody else says whether the other one is there. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Dials for the service from the target's network namespace. connect() answers by itself: ACCEPT when it succeeds, else RST with its errno
 * as it is, a black hole's ETIMEDOUT after the kernel's own time. The service's giving up resets the stream, and ends the dial.
 */
export class Outgoing {
  /** The target's root directory, as this process sees it: `/proc/<pid>/root`. */
  readonly #root: string;
  #connections = 0;
  #open = 0;
  #failed = 0;

  constructor(root: string) {
    this.#root = root;
  }

  get status(): Omit<AgentStatus['outgoing'], 'udp'> {
    return { connections: this.#connections, open: this.#open, failed: this.#failed };
  }

  take(stream: MuxStream, { address, port }: Endpoint): void {
    stream.on('error', () => undefined); // seen by 'close'
    if (net.isIP(address) === 0 || !Number.isInteger(port) || port < 1 || port > 65_535) {
      stream.reset('EINVAL');
      return;
    }
    this.#dial(stream, {
      host: address,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
  }

  /**
   * A unix socket of the target's container. The path is walked below the target's root and the socket held until connect() has
   * answered, so that no link and no renaming leads to another one.
   */
  takeUnix(stream: MuxStream, path: string): void {
    stream.on('error', () => undefined); // seen by 'close'
    this.#findSocket(path).then(
      (found) => {
        const closeFound = () => void found.close().catch(() => undefined);
        const socket = this.#dial(stream, { path: found.file.path });
        // Whichever comes first: one that could not connect is only closed.
        Promise.race([once(socket, 'connect'), once(socket, 'close')]).then(closeFound, closeFound);
      },
      (error: unknown) => this.#fail(stream, error),
    );
  }

  async #findSocket(path: string): Promise<ResolvedPath> {
    const found = await resolvePath(this.#root, path);
    if (found.file.stats.isSocket()) return found;
    await found.close();
    throw errnoError('ECONNREFUSED', `${path}: not a socket`); // as connect() says of it
  }

  #dial(stream: MuxStream, to: net.NetConnectOpts): net.Socket {
    // Node's types do not know of highWaterMark here.
    const options = { ...to, allowHalfOpen: true, highWaterMark };
    const socket = net.connect(options);
    const giveUp = () => socket.destroy();
    const fail = (error: Error) => this.#fail(stream, error);
    if (stream.destroyed) giveUp();
    stream.once('close', giveUp);
    socket.once('error', fail);
    socket.once('connect', () => {
      stream.off('close', giveUp);
      socket.off('error', fail);
      this.#begin(socket, stream);
    });
    return socket;
  }

  #fail(stream: MuxStream, error: unknown): void {
    this.#failed++;
    stream.reset(errnoOf(error));
  }

  #begin(socket: net.Socket, stream: MuxStream): void {
    this.#connections++;
    this.#open++;
    stream.accept();
    join(socket, stream, () => {
      this.#open--;
    });
  }
}
