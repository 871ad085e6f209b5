import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { selfSigned } from '../../test/tunnel/self-signed.ts';
import { secure } from './ask-target.ts';
import { type Certificate, chooseCertificate, parseMemoryMounts } from './certificates.ts';
import { TargetTls } from './target-tls.ts';

const shop = selfSigned('shop.example');
const orders = selfSigned('orders.example');
const servers: net.Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function certificate({ cert, key }: typeof shop): Certificate {
  return { x509: new X509Certificate(cert), context: tls.createSecureContext({ cert, key }) };
}

async function listen(server: net.Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return address instanceof Object ? address.port : 0;
}

/** A target that says so over TLS. */
async function startTarget(options: tls.TlsOptions = {}): Promise<() => Promise<net.Socket>> {
  const server = tls.createServer({ ...shop, ALPNProtocols: ['h2', 'http/1.1'], ...options });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket) => {
    socket.on('error', () => undefined);
    socket.end(`target ${socket.alpnProtocol} ${socket.servername}`);
  });
  return dialler(await listen(server));
}

function dialler(port: number): () => Promise<net.Socket> {
  return async () => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
}

/** The agent's place: opens what comes and says what it found, or passes it on untouched. */
async function startAgent(
  certificates: readonly Certificate[],
  dial: () => Promise<net.Socket>,
): Promise<{ dialAgent: () => Promise<net.Socket>; notices: string[] }> {
  const notices: string[] = [];
  const targetTls = new TargetTls({
    certificates: () => Promise.resolve(certificates),
    notice: (text) => notices.push(text),
  });
  const give = async (socket: net.Socket, head: Buffer) => {
    const opened = await targetTls.open({ socket, head }, 8443, dial);
    const target = await dial();
    if (opened === undefined) {
      target.write(head);
      socket.pipe(target).pipe(socket);
      return;
    }
    (await secure(target, opened)).pipe(opened.client);
  };
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (head: Buffer) => {
      socket.pause();
      give(socket, head).catch(() => socket.destroy());
    });
  });
  return { dialAgent: dialler(await listen(server)), notices };
}

async function ask(
  dial: () => Promise<net.Socket>,
  options: tls.ConnectionOptions = {},
): Promise<{ name: string | undefined; text: string }> {
  const socket = tls.connect({ socket: await dial(), rejectUnauthorized: false, ...options });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerX509Certificate() ?? {};
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return { name: subject?.replace('CN=', ''), text };
}

test.each([
  [['h2', 'http/1.1'], 'h2'],
  [['http/1.1'], 'http/1.1'],
  [undefined, 'false'],
])('a client that offers %j is opened, and the target sees the same', async (offer, alpn) => {
  const { dialAgent } = await startAgent([certificate(shop)], await startTarget());
  const offered = offer ? { ALPNProtocols: offer } : {};
  expect(await ask(dialAgent, { ...offered, servername: 'shop.example' })).toEqual({
    name: 'shop.example',
    text: `target ${alpn} shop.example`,
  });
});

test('what the target does not speak is not offered', async () => {
  const target = await startTarget({ ALPNProtocols: ['http/1.1'] });
  const { dialAgent } = await startAgent([certificate(shop)], target);
  const { text } = await ask(dialAgent, { ALPNProtocols: ['h2', 'http/1.1'] });
  expect(text).toBe('target http/1.1 false');
});

test('of several certificates the name decides, else the one that the target shows', async () => {
  const all = [certificate(orders), certificate(shop)];
  const { dialAgent } = await startAgent(all, await startTarget());
  expect((await ask(dialAgent, { servername: 'orders.example' })).name).toBe('orders.example');
  expect((await ask(dialAgent, { servername: 'other.example' })).name).toBe('shop.example');
  expect((await ask(dialAgent)).name).toBe('shop.example');
});

test('without the certificate TLS stays closed and reaches the target untouched, and it is told once', async () => {
  const { dialAgent, notices } = await startAgent([certificate(orders)], await startTarget());
  for (let round = 0; round < 2; round++) {
    const options = { ALPNProtocols: ['h2'], servername: 'shop.example' };
    expect(await ask(dialAgent, options)).toEqual({
      name: 'shop.example',
      text: 'target h2 shop.example',
    });
  }
  expect(notices).toEqual([expect.stringContaining('port 8443: the target speaks TLS')]);
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a target that asks for certificates stays closed: %s',
  async (version) => {
    const target = await startTarget({
      requestCert: true,
      rejectUnauthorized: true,
      ca: [orders.cert],
      minVersion: version,
      maxVersion: version,
    });
    const { dialAgent, notices } = await startAgent([certificate(shop)], target);
    const { text } = await ask(dialAgent, orders);
    expect(text).toMatch(/^target/);
    expect(notices).toEqual([expect.stringContaining('asks its clients for certificates')]);
  },
);

test('a port that speaks something else is plain', async () => {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  const dial = dialler(await listen(server));
  const none = { certificates: () => Promise.resolve([]), notice: () => undefined };
  expect(await new TargetTls(none).stateOf(80, dial)).toBe('plain');
});

test('Secrets are mounts of file systems in memory', () => {
  const table = [
    '1 0 0:1 / / rw - overlay overlay rw',
    '2 1 0:2 / /etc/tls ro,relatime shared:3 - tmpfs tmpfs rw,size=64k',
    '3 1 0:3 / /with\\040space ro - tmpfs tmpfs rw',
    '4 1 0:4 / /data rw - ext4 /dev/sda1 rw',
    'nonsense',
    '',
  ].join('\n');
  expect(parseMemoryMounts(table)).toEqual(['/etc/tls', '/with space']);
  const many = Array.from({ length: 500 }, (_, at) => `2 1 0:2 / /m${at} rw - tmpfs tmpfs rw`);
  expect(parseMemoryMounts(many.join('\n'))).toHaveLength(200);
});

test('a certificate is chosen by its names', () => {
  const all = [certificate(orders), certificate(shop)];
  expect(chooseCertificate(all, 'shop.example', undefined)).toBe(all[1]);
  expect(chooseCertificate(all, 'other.example', undefined)).toBe(undefined);
});
