import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import type { Cluster } from './cluster.ts';
import { openProxyPipe } from './pods-proxy.ts';
import { clusterAt, serveHttp, serveRaw, type TestServer } from './test-server.ts';

const signal = new AbortController().signal;
const door = { namespace: 'shop', pod: 'kdev-agent-x', port: 7313 };
const open: { server?: TestServer; cluster?: Cluster; pipe?: Duplex } = {};

afterEach(async () => {
  open.pipe?.destroy();
  open.cluster?.close();
  await open.server?.close();
});

async function pipeTo(server: TestServer): Promise<Duplex> {
  open.server = server;
  open.cluster = clusterAt(server.url);
  open.pipe = await openProxyPipe(open.cluster.api, door, signal);
  return open.pipe;
}

const switching =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: kdev\r\n\r\n';

const speaking = (bytes: string) =>
  serveRaw((socket) => socket.once('data', () => socket.end(bytes)));

test('asks for the upgrade with the credentials; bytes that came with the 101 are not lost', async () => {
  let head = '';
  const server = await serveRaw((socket) => {
    socket.once('data', (request) => {
      head = request.toString();
      socket.write(`${switching}early`);
      socket.on('data', (chunk) => socket.write(chunk));
    });
  });
  const pipe = await pipeTo(server);
  expect(head).toMatch(/^GET \/api\/v1\/namespaces\/shop\/pods\/kdev-agent-x%3A7313\/proxy\/ HTTP/);
  expect(head).toMatch(/upgrade: kdev/i);
  expect(head).toContain('Bearer secret-token');
  expect(String((await once(pipe, 'data'))[0])).toBe('early');
  pipe.write('echo');
  expect(String((await once(pipe, 'data'))[0])).toBe('echo');
});

describe('refused', () => {
  const answer = (status: number, message: string) =>
    serveHttp((_, response) => {
      response.statusCode = status;
      response.end(JSON.stringify({ kind: 'Status', message }));
    });

  test.each([
    [403, 'User "u" cannot get resource "pods/proxy"', 'EACCES', true],
    [401, 'Unauthorized', 'EAUTH', false],
    [404, 'pods "kdev-agent-x" not found', 'ENOENT', false],
    [
      503,
      'error trying to reach service: dial tcp 10.1.1.1:1: connect: connection refused',
      'ECONNREFUSED',
      false,
    ],
    [503, 'error trying to reach service: dial tcp 10.1.1.1:1: i/o timeout', 'EPROTO', true],
    [502, 'error trying to reach service: EOF', 'EPROTO', false],
    [426, 'upgrade, please', 'EPROTO', true],
    [200, 'a page', 'EPROTO', true],
  ])('%i %s', async (status, message, code, lasting) => {
    await expect(pipeTo(await answer(status, message))).rejects.toMatchObject({
      name: 'PipeRefused',
      rung: 'pods/proxy',
      code,
      lasting,
      message: expect.stringContaining(message),
    });
  });

  test('an upgrade to something else', async () => {
    const other = switching.replace('kdev', 'websocket');
    await expect(pipeTo(await speaking(other))).rejects.toMatchObject({ code: 'EPROTO' });
  });

  test('a server that says nothing, after one second', async () => {
    const startedAt = performance.now();
    await expect(pipeTo(await serveRaw(() => {}))).rejects.toMatchObject({
      code: 'ETIMEDOUT',
      lasting: true,
    });
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  test('a refusal that never ends, after one second', async () => {
    const server = await serveHttp((_, response) => {
      response.writeHead(503);
      response.write('…');
    });
    await expect(pipeTo(server)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  });

  test.each([
    ['garbage', 'SSH-2.0-OpenSSH\r\n'],
    ['half a head', switching.slice(0, 40)],
    ['nothing', ''],
  ])('%s is an error of the connection, not of the rung', async (_, bytes) => {
    const refused = pipeTo(await speaking(bytes));
    await expect(refused).rejects.toThrow();
    await expect(refused).rejects.not.toMatchObject({ name: 'PipeRefused' });
  });
});

test('a caller who gives up gets its own reason, and no pipe is left', async () => {
  let sockets = 0;
  open.server = await serveRaw((socket) => {
    sockets++;
    socket.on('close', () => sockets--);
  });
  open.cluster = clusterAt(open.server.url);
  const caller = new AbortController();
  const opening = openProxyPipe(open.cluster.api, door, caller.signal);
  setImmediate(() => caller.abort(new Error('enough')));
  await expect(opening).rejects.toThrow('enough');
  await expect.poll(() => sockets).toBe(0);
});
