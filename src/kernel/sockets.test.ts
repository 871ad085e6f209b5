import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import {
  closeDescriptor,
  connectFrom,
  deliverOnClose,
  originalDestination,
  resetOnClose,
  udpSocket,
} from './sockets.ts';

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const run of cleanup.splice(0)) run();
});

async function serve(onConnection: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, onConnection);
  cleanup.push(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

test('connects from a chosen address, paused, and half-open after the end', async () => {
  const port = await serve((socket) => socket.end(socket.remoteAddress ?? ''));
  const to = { address: '127.0.0.1', port };
  const socket = connectFrom({ to, bindTo: { address: '127.0.0.9', port: 0 } });
  cleanup.push(() => socket.destroy());
  await once(socket, 'connect');
  expect(socket.isPaused()).toBe(true);
  expect(socket.readableLength).toBe(0);
  const [data] = (await once(socket.resume(), 'data')) as [Buffer];
  expect(data.toString()).toBe('127.0.0.9');
  await once(socket, 'end');
  expect(socket.writable).toBe(true);
});

test('a closed port is an error event; a taken source is thrown', async () => {
  const port = await serve((socket) => socket.end());
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const closed = server.address();
  await new Promise((resolve) => server.close(resolve));
  const nobody = typeof closed === 'object' ? (closed?.port ?? 0) : 0;
  const refused = connectFrom({ to: { address: '127.0.0.1', port: nobody } });
  const [error] = await once(refused, 'error');
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  const bindTo = { address: '203.0.113.7', port: 0 };
  expect(() => connectFrom({ to: { address: '127.0.0.1', port }, bindTo })).toThrow(
    expect.objectContaining({ code: 'EADDRNOTAVAIL', syscall: 'bind' }),
  );
  expect(() => connectFrom({ to: { address: 'localhost', port } })).toThrow(/not an IP address/);
  expect(() => connectFrom({ to: { address: '::1', port: 65536 } })).toThrow(/not a port/);
});

test('whether a close resets is said beforehand, and taken back', async () => {
  const accepted: net.Socket[] = [];
  const port = await serve((socket) => accepted.push(socket));
  const outcome = async (prepare: (socket: net.Socket) => void): Promise<string> => {
    const client = net.connect(port, '127.0.0.1');
    await once(client, 'connect');
    while (accepted.length === 0) await new Promise(setImmediate);
    const socket = accepted.pop();
    if (socket === undefined) throw new Error('nothing accepted');
    prepare(socket);
    const end = new Promise<string>((resolve) => {
      client.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      client.once('end', () => resolve('end'));
    });
    client.resume();
    socket.destroy();
    return await end;
  };
  expect(await outcome(() => undefined)).toBe('end');
  expect(await outcome(resetOnClose)).toBe('ECONNRESET');
  expect(
    await outcome((socket) => {
      resetOnClose(socket);
      deliverOnClose(socket);
    }),
  ).toBe('end');
});

test('a closed socket has no original destination', async () => {
  const port = await serve((socket) => socket.end());
  const socket = net.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  expect(() => originalDestination(socket)).toThrow(/closed/);
});

test('a UDP descriptor serves dgram', async () => {
  const receiver = dgram.createSocket('udp4');
  receiver.bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const sender = dgram.createSocket('udp4');
  cleanup.push(
    () => receiver.close(),
    () => sender.close(),
  );
  sender.bind({ fd: udpSocket({ family: 4 }) });
  sender.send('hello', receiver.address().port, '127.0.0.1');
  const [message] = (await once(receiver, 'message')) as [Buffer];
  expect(message.toString()).toBe('hello');
});

test('a descriptor that nobody took is closed once', () => {
  const fd = udpSocket({ family: 6 });
  closeDescriptor(fd);
  expect(() => closeDescriptor(fd)).toThrow(expect.objectContaining({ code: 'EBADF' }));
});
