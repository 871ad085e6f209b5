import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { ClusterLeg } from '../../src/cluster/cluster-leg.ts';
import type { Rung } from '../../src/cluster/pipe-refused.ts';
import type { AgentDoor } from '../../src/cluster/pods-proxy.ts';
import { startAgent } from '../../src/cluster/start-agent.ts';
import { echoPlan, loadEchoAgent, newKey, Stage, within } from './cluster-stage.ts';

let stage: Stage;
let cluster: Cluster;
let door: AgentDoor;
const pipes: Duplex[] = [];

beforeAll(async () => {
  await loadEchoAgent();
  stage = await Stage.open();
  cluster = stage.cluster();
  const namespace = await stage.namespace();
  const target = await stage.target(namespace);
  const order = { plan: echoPlan(target), key: newKey() };
  const { pod } = await startAgent(cluster, order, { signal: within(60), onProgress: () => {} });
  door = { namespace, pod: pod.name, port: 7313 };
}, 180_000);

afterEach(() => {
  for (const pipe of pipes.splice(0)) pipe.destroy();
});

afterAll(() => stage.close());

async function openPipe(leg: ClusterLeg): Promise<Duplex> {
  const pipe = await leg.open(door, within(10));
  pipes.push(pipe);
  return pipe;
}

describe.each<[Rung, readonly Rung[]]>([
  ['pods/proxy', []],
  ['port-forward', ['pods/proxy']],
])('by %s', (rung, refuse) => {
  const leg = (): ClusterLeg => new ClusterLeg(cluster, { refuse });

  test('bytes come back, whatever their chunks', async () => {
    const own = leg();
    const pipe = await openPipe(own);
    expect(own.state.rung).toBe(rung);
    const sent = randomBytes(20_000_000);
    const got = createHash('sha256');
    let received = 0;
    const back = new Promise<void>((resolve, reject) => {
      pipe.on('error', reject);
      pipe.on('data', (chunk: Buffer) => {
        got.update(chunk);
        received += chunk.length;
        if (received === sent.length) resolve();
      });
    });
    pipe.write('echo\n');
    await Promise.all([feed(pipe, sent), back]);
    expect(got.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
  });

  test('the end of the stream comes after the last byte', async () => {
    const pipe = await openPipe(leg());
    pipe.write('send 3000001\n');
    let received = 0;
    for await (const chunk of pipe) received += chunk.length;
    expect(received).toBe(3_000_001);
  });

  test('a reader who waits holds the sender, and loses nothing', async () => {
    const before = process.memoryUsage().rss;
    const pipe = await openPipe(leg());
    pipe.write('send 200000000\n');
    await once(pipe, 'readable');
    await sleep(1_500);
    expect(process.memoryUsage().rss - before).toBeLessThan(60e6);
    let received = 0;
    for await (const chunk of pipe) received += chunk.length;
    expect(received).toBe(200_000_000);
  });

  test('a port on which nobody listens is refused, now and not for ever', async () => {
    const own = leg();
    const refused = own.open({ ...door, port: 9 }, within(10)).then(lifeOf);
    await expect(refused).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await openPipe(own);
    expect(own.state.rung).toBe(rung);
  });

  test('a pod that is not there is told', async () => {
    await expect(leg().open({ ...door, pod: 'not-there' }, within(10))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

/** Rejects with the error that ends a pipe. */
async function lifeOf(pipe: Duplex): Promise<void> {
  pipe.resume();
  await once(pipe, 'close');
}

async function feed(pipe: Duplex, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + Math.floor(Math.random() * 200_000);
    if (!pipe.write(bytes.subarray(at, at + size))) await once(pipe, 'drain');
    at += size;
  }
}

test('through an HTTP proxy, both ways', async () => {
  const proxy = createServer();
  let tunnels = 0;
  proxy.on('connect', ({ url = '' }: IncomingMessage, socket: Socket, head: Buffer) => {
    tunnels++;
    const { hostname, port } = new URL(`http://${url}`);
    const server = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      server.write(head);
      socket.pipe(server).pipe(socket);
    });
    socket.on('error', () => server.destroy());
    server.on('error', () => socket.destroy());
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const { port } = proxy.address() as AddressInfo;
  const admin = stage.cluster(await stage.kubeconfigBehind(`http://127.0.0.1:${port}`));
  for (const refuse of [[], ['pods/proxy']] as const) {
    const before = tunnels;
    const pipe = await openPipe(new ClusterLeg(admin, { refuse }));
    pipe.write('echo\nhello');
    expect(String((await once(pipe, 'data'))[0])).toBe('hello');
    expect(tunnels).toBeGreaterThan(before);
    pipe.destroy();
  }
  proxy.close();
});

const get = { apiGroups: [''], verbs: ['get'], resources: ['pods', 'pods/proxy'] };
const forward = { apiGroups: [''], verbs: ['get', 'create'], resources: ['pods/portforward'] };

describe('with fewer rights', () => {
  test('without pods/proxy: by port-forward, and it says why', async () => {
    const user = stage.cluster(await stage.userOf(door.namespace, [forward]));
    const leg = new ClusterLeg(user);
    await openPipe(leg);
    expect(leg.state).toEqual({
      rung: 'port-forward',
      refused: [{ rung: 'pods/proxy', why: expect.stringContaining('pods/proxy') }],
    });
  });

  test('get on pods/proxy is enough', async () => {
    const user = stage.cluster(await stage.userOf(door.namespace, [get]));
    const leg = new ClusterLeg(user);
    await openPipe(leg);
    expect(leg.state).toEqual({ rung: 'pods/proxy', refused: [] });
  });

  test('with neither: an error that names both', async () => {
    const user = stage.cluster(await stage.userOf(door.namespace, []));
    await expect(openPipe(new ClusterLeg(user))).rejects.toMatchObject({
      code: 'KDEV6005',
      evidence: expect.stringMatching(/pods\/proxy: HTTP 403[\s\S]*port-forward: HTTP 403/),
    });
  });
});
