import net from 'node:net';
import type { Endpoint } from '../../src/kernel/endpoint.ts';
import { listenTransparent } from '../../src/kernel/sockets.ts';
import { abort, join } from '../../src/relay/join.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import type { Tally } from '../status/tally.ts';

const SOCKET_HIGH_WATER_BYTES = 128 * 1024;
/** Verdicts of a burst come all at once; the kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096;

export interface AcceptOptions {
  readonly listenOn: Endpoint;
  /** The stream that was dialled for a connection. */
  readonly take: (from: Endpoint, to: Endpoint) => MuxStream | undefined;
  readonly tally: Tally['outgoing'];
}

/**
 * Listens where the rules divert dialled connections to, and joins each with its stream. The socket's own address is the
 * destination that the service connected to. A connection for which nothing was dialled is reset.
 */
export async function acceptTransparent(options: AcceptOptions): Promise<net.Server> {
  const fd = listenTransparent(options.listenOn.address, options.listenOn.port);
  const server = net.createServer(
    {
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      highWaterMark: SOCKET_HIGH_WATER_BYTES,
    },
    (socket) => carry(socket, options),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd, backlog: BACKLOG }, resolve);
  });
  return server;
}

function carry(socket: net.Socket, { take, tally }: AcceptOptions): void {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  const stream = take(
    { address: remoteAddress ?? '', port: remotePort ?? 0 },
    { address: localAddress ?? '', port: localPort ?? 0 },
  );
  if (stream === undefined || stream.destroyed) {
    socket.on('error', () => undefined);
    abort(socket, 'ECONNRESET');
    return;
  }
  tally.connections++;
  tally.open++;
  join(socket, stream, () => {
    tally.open--;
  });
}
