import { once } from 'node:events';
import net from 'node:net';

/** A burst of connections arrives at once; the kernel caps this at net.core.somaxconn. */
const BACKLOG = 4096;
const highWaterMark = 128 * 1024;
const KEEP_ALIVE_MS = 30_000;

/** Sockets in the target's namespace to which the rules lead; they see every address of it. */
export interface Listeners {
  readonly port4: number | undefined;
  readonly port6: number | undefined;
  close(): void;
}

/** Listens on ports that the kernel chooses. A family that the namespace does not have is left out. */
export async function openListeners(
  onConnection: (socket: net.Socket) => void,
): Promise<Listeners> {
  const server4 = await listen({ host: '0.0.0.0' }, onConnection);
  const server6 = await listen({ host: '::', ipv6Only: true }, onConnection);
  return {
    port4: portOf(server4),
    port6: portOf(server6),
    close: () => {
      server4?.close();
      server6?.close();
    },
  };
}

async function listen(
  where: { host: string; ipv6Only?: boolean },
  onConnection: (socket: net.Socket) => void,
): Promise<net.Server | undefined> {
  // The target's own keep-alive ends at the agent: a client that has vanished is noticed here.
  const keepAlive = { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
  const options = {
    allowHalfOpen: true,
    pauseOnConnect: true,
    noDelay: true,
    highWaterMark,
    ...keepAlive,
  };
  const server = net.createServer(options, onConnection);
  server.listen({ ...where, port: 0, backlog: BACKLOG });
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(code)) return undefined;
    throw error;
  }
}

function portOf(server: net.Server | undefined): number | undefined {
  const address = server?.address();
  return address instanceof Object ? address.port : undefined;
}
