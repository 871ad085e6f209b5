// For this room's unit tests: an API server on loopback that does what a test wants, and a cluster that names it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http, { type RequestListener } from 'node:http';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, openCluster } from './cluster.ts';

export interface TestServer {
  readonly url: string;
  close(): Promise<void>;
}

export function serveHttp(
  listener: RequestListener,
  prepare: (server: http.Server) => void = () => {},
): Promise<TestServer> {
  const server = http.createServer(listener);
  prepare(server);
  return listen(server);
}

/** Whatever bytes a test wants, on a raw socket. */
export function serveRaw(onSocket: (socket: Socket) => void): Promise<TestServer> {
  return listen(net.createServer(onSocket));
}

async function listen(server: Server): Promise<TestServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A cluster at this address, with a token. */
export function clusterAt(url: string, user: object = { token: 'secret-token' }): Cluster {
  return withKubeconfig(kubeconfigFor(url, user), (file) =>
    openCluster({ env: { KUBECONFIG: file } }),
  );
}

export function kubeconfigFor(server: string, user: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'fake', cluster: { server } }],
    users: [{ name: 'ada', user }],
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'ada', namespace: 'shop' } }],
    'current-context': 'fake',
  };
}

/** The file is gone when `use` returns. */
export function withKubeconfig<T>(config: object, use: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'kdev-kubeconfig-'));
  const file = join(folder, 'config');
  try {
    writeFileSync(file, JSON.stringify(config));
    return use(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
