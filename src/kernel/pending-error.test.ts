import { once } from 'node:events';
import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { pendingError } from './pending-error.ts';
import { resetOnClose } from './sockets.ts';

const servers: net.Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(behave: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    behave(socket);
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** How a connection ends by Node's account, and by the kernel's. */
async function ending(port: number): Promise<string> {
  const socket = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  await once(socket, 'connect');
  socket.write('?');
  socket.resume();
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
    socket.once('end', () => {
      resolve(pendingError(socket) ?? 'end');
      socket.destroy();
    });
  });
}

test('a reset behind the last bytes is no end, though Node says so', async () => {
  const port = await serve((socket) => {
    socket.write(Buffer.alloc(300_000));
    socket.once('data', () => {
      resetOnClose(socket);
      socket.destroy();
    });
  });
  const endings = new Set<string>();
  for (let i = 0; i < 100; i++) endings.add(await ending(port));
  expect([...endings]).toEqual(['ECONNRESET']);
});

test('a proper end leaves no error, and a closed socket has none', async () => {
  const port = await serve((socket) => socket.end('bye'));
  expect(await ending(port)).toBe('end');
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  expect(pendingError(socket)).toBeUndefined();
});
