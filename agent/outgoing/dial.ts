import net from 'node:net';
import { errnoOf } from '../../src/protocol/errno.ts';
import type { AgentStatus, Endpoint } from '../../src/protocol/messages.ts';
import { join } from '../../src/relay/join.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';

const highWaterMark = 128 * 1024;

/**
 * Dials for the service from the target's network namespace. connect() answers by itself: ACCEPT when it succeeds, else RST with its errno
 * as it is, a black hole's ETIMEDOUT after the kernel's own time. The service's giving up resets the stream, and ends the dial.
 */
export class Outgoing {
  #connections = 0;
  #open = 0;
  #failed = 0;

  get status(): Omit<AgentStatus['outgoing'], 'udp'> {
    return { connections: this.#connections, open: this.#open, failed: this.#failed };
  }

  take(stream: MuxStream, { address, port }: Endpoint): void {
    stream.on('error', () => undefined); // seen by 'close'
    if (net.isIP(address) === 0 || !Number.isInteger(port) || port < 1 || port > 65_535) {
      stream.reset('EINVAL');
      return;
    }
    // Node's types do not know of highWaterMark here.
    const options = { host: address, port, allowHalfOpen: true, noDelay: true, highWaterMark };
    const socket = net.connect(options);
    const giveUp = () => socket.destroy();
    const fail = (error: Error) => {
      this.#failed++;
      stream.reset(errnoOf(error));
    };
    stream.once('close', giveUp);
    socket.once('error', fail);
    socket.once('connect', () => {
      stream.off('close', giveUp);
      socket.off('error', fail);
      this.#begin(socket, stream);
    });
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
