import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { ClusterLeg } from './cluster-leg.ts';
import { clusterAt, serveHttp, serveRaw, type TestServer } from './test-server.ts';

const signal = new AbortController().signal;
const door = { namespace: 'shop', pod: 'kdev-agent-x', port: 7313 };
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

type Answer = 'open' | 'forbidden' | 'refused' | 'silent' | 'unauthorized';

const heads = {
  open: '101 S\r\nconnection: upgrade\r\nupgrade: kdev\r\n\r\n',
  forbidden: '403 Forbidden\r\ncontent-length: 2\r\n\r\nno',
  refused: '503 No\r\ncontent-length: 18\r\n\r\nconnection refused',
  unauthorized: '401 No\r\ncontent-length: 2\r\n\r\nno',
  silent: '',
} as const;

/** An API server that answers as told, and counts what it was asked. */
async function ladder(
  answers: { proxy: Answer; forward: Answer },
  options: ConstructorParameters<typeof ClusterLeg>[1] = {},
) {
  const asked = { proxy: 0, forward: 0 };
  const sockets = new WebSocketServer({ noServer: true });
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const way = request.url?.includes('/portforward') ? 'forward' : 'proxy';
    asked[way]++;
    if (way === 'forward' && answers[way] === 'open') {
      sockets.handleUpgrade(request, socket, head, (forward) => {
        forward.send(Buffer.from([0, 1, 2]));
        forward.send(Buffer.from([1, 1, 2]));
      });
    } else {
      socket.write(answers[way] === 'silent' ? '' : `HTTP/1.1 ${heads[answers[way]]}`);
    }
  };
  const server = await serveHttp(
    () => {},
    (http) => void http.on('upgrade', onUpgrade),
  );
  return { asked, answers, leg: legTo(server, options) };
}

function legTo(server: TestServer, options: ConstructorParameters<typeof ClusterLeg>[1] = {}) {
  const cluster = clusterAt(server.url);
  cleanups.push(
    () => server.close(),
    () => cluster.close(),
  );
  return new ClusterLeg(cluster, options);
}

async function climb(leg: ClusterLeg): Promise<void> {
  const pipe: Duplex = await leg.open(door, signal);
  cleanups.push(() => pipe.destroy());
}

test('the first rung where it holds', async () => {
  const { leg, asked } = await ladder({ proxy: 'open', forward: 'open' });
  expect(leg.state).toEqual({ rung: undefined, refused: [] });
  await climb(leg);
  expect(leg.state).toEqual({ rung: 'pods/proxy', refused: [] });
  expect(asked).toEqual({ proxy: 1, forward: 0 });
});

test.each([
  ['forbidden', /HTTP 403: no/],
  ['silent', /took longer than 1 s/],
] as const)('%s: the next one from now on, and why', async (proxy, why) => {
  const { leg, asked } = await ladder({ proxy, forward: 'open' });
  await climb(leg);
  await climb(leg);
  expect(asked).toEqual({ proxy: 1, forward: 2 });
  expect(leg.state).toEqual({
    rung: 'port-forward',
    refused: [{ rung: 'pods/proxy', why: expect.stringMatching(why) }],
  });
});

test('nobody listens yet: the first rung is tried again next time', async () => {
  const { leg, asked, answers } = await ladder({ proxy: 'refused', forward: 'refused' });
  await expect(climb(leg)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  answers.proxy = 'open';
  await climb(leg);
  expect(asked).toEqual({ proxy: 2, forward: 1 });
  expect(leg.state).toEqual({ rung: 'pods/proxy', refused: [] });
});

test('a rung is closed and nobody listens behind the other: to be tried again', async () => {
  const { leg, answers } = await ladder({ proxy: 'forbidden', forward: 'refused' });
  await expect(climb(leg)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  answers.forward = 'open';
  await climb(leg);
  expect(leg.state.rung).toBe('port-forward');
});

test('a rung that has held once is not given up for trouble of the moment', async () => {
  const { leg, answers } = await ladder({ proxy: 'open', forward: 'open' });
  await climb(leg);
  answers.proxy = 'silent';
  await climb(leg);
  expect(leg.state).toEqual({ rung: 'port-forward', refused: [] });
  answers.proxy = 'open';
  await climb(leg);
  expect(leg.state.rung).toBe('pods/proxy');
});

describe('no rung holds', () => {
  test('the admin is told what each one answered', async () => {
    const { leg } = await ladder({ proxy: 'forbidden', forward: 'forbidden' });
    await expect(climb(leg)).rejects.toMatchObject({
      code: 'KDEV6005',
      evidence: 'pods/proxy: HTTP 403: no\nport-forward: HTTP 403: no',
    });
  });

  test('credentials that are not taken are the user’s matter', async () => {
    const { leg } = await ladder({ proxy: 'unauthorized', forward: 'open' });
    await expect(climb(leg)).rejects.toMatchObject({ code: 'KDEV3001' });
  });

  test('an API server out of reach is told as such', async () => {
    const server = await serveRaw((socket) => socket.destroy());
    await expect(climb(legTo(server))).rejects.toMatchObject({ code: 'KDEV4001' });
  });

  test('every rung refused by setting', async () => {
    const server = await serveRaw(() => {});
    const leg = legTo(server, { refuse: ['pods/proxy', 'port-forward'] });
    await expect(climb(leg)).rejects.toMatchObject({ code: 'KDEV6005' });
  });
});

test('a rung can be refused by setting', async () => {
  const options = { refuse: ['pods/proxy'] } as const;
  const { leg, asked } = await ladder({ proxy: 'open', forward: 'open' }, options);
  await climb(leg);
  expect(asked).toEqual({ proxy: 0, forward: 1 });
  expect(leg.state.refused).toEqual([{ rung: 'pods/proxy', why: 'refused by setting' }]);
});
