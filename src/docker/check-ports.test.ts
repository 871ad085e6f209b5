import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { checkPorts, type WantedPort } from './check-ports.ts';
import type { Engine } from './engine.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listening(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  closers.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** An engine with one container that publishes a port; `ask` is all that the check needs of it. */
function engineWith(project: string, port: number, url = 'unix:///docker.sock'): Engine {
  const container = {
    Names: ['/other-web-1'],
    Labels: { 'com.docker.compose.project': project },
    Ports: [{ IP: '0.0.0.0', PublicPort: port, PrivatePort: 80, Type: 'tcp' }],
  };
  const docker = { listContainers: () => Promise.resolve([container]) };
  const ask = (_: string, request: (docker: never) => unknown) => request(docker as never);
  return { endpoint: { url, from: 'default' }, ask } as unknown as Engine;
}

const tcp = (port: number, address?: string): WantedPort => ({ address, port, protocol: 'tcp' });
const inUse = (port: number) => ({
  code: 'KDEV12301',
  fact: `port ${port} of this machine is in use, and the project publishes it`,
});

test('a port on which a program listens, on the address or on one of all', async () => {
  const port = await listening('127.0.0.1');
  const engine = engineWith('other', 1);
  await expect(checkPorts(engine, 'shop', [tcp(port, '127.0.0.1')])).rejects.toMatchObject({
    ...inUse(port),
    evidence: expect.stringContaining('EADDRINUSE'),
  });
  await expect(checkPorts(engine, 'shop', [tcp(port)])).rejects.toMatchObject(inUse(port));
});

test('a free port, and one of another protocol, stay free', async () => {
  const socket = createSocket('udp4');
  closers.push(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const engine = engineWith('other', 1);
  await checkPorts(engine, 'shop', [tcp(port, '127.0.0.1')]);
  await checkPorts(engine, 'shop', [tcp(port, '127.0.0.1')]);
  const udp = { address: '127.0.0.1', port, protocol: 'udp' } as const;
  await expect(checkPorts(engine, 'shop', [udp])).rejects.toMatchObject(inUse(port));
});

test('a port that a container of another project publishes is told with its name', async () => {
  await expect(checkPorts(engineWith('other', 8080), 'shop', [tcp(8080)])).rejects.toMatchObject({
    ...inUse(8080),
    evidence: 'container other-web-1 publishes it',
  });
});

test("the project's own containers keep theirs", async () => {
  const port = await listening('0.0.0.0');
  await checkPorts(engineWith('shop', port), 'shop', [tcp(port)]);
});

test('ports of another machine are not tried on this one', async () => {
  const port = await listening('127.0.0.1');
  const engine = engineWith('other', 1, 'tcp://192.0.2.1:2376');
  await checkPorts(engine, 'shop', [tcp(port)]);
});
