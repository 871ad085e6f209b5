import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import type { Cluster } from './cluster.ts';
import { clusterAt, serveHttp, serveRaw, type TestServer } from './test-server.ts';

const signal = new AbortController().signal;
const open: { server?: TestServer; cluster?: Cluster } = {};

afterEach(async () => {
  open.cluster?.close();
  await open.server?.close();
});

function at(server: TestServer): Cluster {
  open.server = server;
  open.cluster = clusterAt(server.url);
  return open.cluster;
}

const get = (cluster: Cluster, timeoutMs = 2_000) =>
  cluster.api.ask({ method: 'GET', path: '/x', timeoutMs }, signal);

test('sends the credentials and the query, and reads warnings', async () => {
  const cluster = at(
    await serveHttp(({ headers, url }, response) => {
      response.setHeader('warning', '299 - "old \\"thing\\"", 299 - "second"');
      response.end(JSON.stringify({ url, token: headers.authorization }));
    }),
  );
  const query = { labelSelector: 'a=b,c', limit: 5, none: undefined };
  const answer = await cluster.api.ask({ method: 'GET', path: '/x', query }, signal);
  expect(answer).toEqual({
    body: { url: '/x?labelSelector=a%3Db%2Cc&limit=5', token: 'Bearer secret-token' },
    warnings: ['old "thing"', 'second'],
  });
});

test('uses a connection again, and another where the server has closed it meanwhile', async () => {
  const ports = new Set<number | undefined>();
  let closed = false;
  const cluster = at(
    await serveHttp(({ socket }, response) => {
      ports.add(socket.remotePort);
      if (ports.size === 1 && closed) {
        socket.destroy();
        return;
      }
      response.end('{}');
    }),
  );
  await get(cluster);
  await get(cluster);
  expect(ports.size).toBe(1);
  closed = true;
  await expect(get(cluster)).resolves.toMatchObject({ body: {} });
  expect(ports.size).toBe(2);
});

test('many requests under one signal: no warning of a leak, and no listener stays behind', async () => {
  const cluster = at(await serveHttp((_, response) => response.end('{}')));
  const caller = new AbortController();
  const warnings: Error[] = [];
  const warned = (warning: Error) => warnings.push(warning);
  process.on('warning', warned);
  try {
    const all = Array.from({ length: 20 }, () => cluster.api.get('/x', {}, caller.signal));
    await Promise.all(all);
  } finally {
    process.off('warning', warned);
  }
  expect(warnings).toEqual([]);
  expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
});

describe('refusals are sorted', () => {
  const answering = async (status: number, body: string) =>
    at(
      await serveHttp((_, response) => {
        response.statusCode = status;
        response.end(body);
      }),
    );
  const status = (message: string) => JSON.stringify({ kind: 'Status', reason: 'Why', message });

  test.each([
    [401, status('Unauthorized'), 'KDEV3001'],
    [
      403,
      status(
        'pods is forbidden: User "u" cannot list resource "pods" in API group "" in the namespace "n"',
      ),
      'KDEV3101',
    ],
    [403, status('exceeded quota'), 'KDEV4003'],
    [500, '<html>proxy</html>', 'KDEV4003'],
  ])('%i %s', async (code, body, kdevCode) => {
    await expect(get(await answering(code, body))).rejects.toMatchObject({
      code: kdevCode,
      status: code,
    });
  });

  test('the words of the answer are the evidence, without what a terminal would obey', async () => {
    const cluster = await answering(500, 'bad \u001b[31mthing\u0007');
    await expect(get(cluster)).rejects.toMatchObject({ evidence: 'bad [31mthing' });
  });
});

describe('what is no answer is the API server’s silence', () => {
  test.each([
    ['garbage', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['no JSON', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'],
    ['a number', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n42'],
    ['an early end', 'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"a":'],
    ['an early end of a refusal', 'HTTP/1.1 500 No\r\ncontent-length: 500\r\n\r\n{"a":'],
    ['half a head', 'HTTP/1.1 200 OK\r\ncontent-le'],
    ['nothing', ''],
    ['an upgrade', 'HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
  ])('%s', async (_, bytes) => {
    const cluster = at(await serveRaw((socket) => socket.once('data', () => socket.end(bytes))));
    await expect(get(cluster)).rejects.toMatchObject({ code: 'KDEV4001' });
  });

  test('no head, in time', async () => {
    const cluster = at(await serveRaw(() => {}));
    await expect(get(cluster, 100)).rejects.toMatchObject({
      code: 'KDEV4001',
      evidence: 'GET /x took longer than 0.1 s',
    });
  });

  test('a body that never ends, in time', async () => {
    const cluster = at(
      await serveRaw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n');
      }),
    );
    await expect(get(cluster, 100)).rejects.toMatchObject({ code: 'KDEV4001' });
  });

  test('a body that is too long, in bounded memory', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    const cluster = at(
      await serveHttp((_, response) => {
        const more = (): void => {
          while (response.write(chunk));
        };
        response.on('drain', more);
        more();
      }),
    );
    await expect(get(cluster, 20_000)).rejects.toMatchObject({ code: 'KDEV4001' });
  });

  test('nobody listens', async () => {
    const server = await serveRaw(() => {});
    const cluster = at(server);
    await server.close();
    await expect(get(cluster)).rejects.toMatchObject({
      code: 'KDEV4001',
      evidence: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

test('a caller who gives up gets its own reason', async () => {
  const cluster = at(await serveRaw(() => {}));
  const caller = new AbortController();
  const asked = expect(cluster.api.get('/x', {}, caller.signal)).rejects.toThrow('enough');
  caller.abort(new Error('enough'));
  await asked;
});
