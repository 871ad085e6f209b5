import { rm } from 'node:fs/promises';
import net from 'node:net';
import type { SidecarStatus } from '../../src/protocol/launch.ts';

const CONNECTIONS_MAX = 16;

/** Tells everybody who connects to the socket how the sidecar is, as one line of JSON. The answer stops it. */
export async function serveStatus(path: string, status: () => SidecarStatus): Promise<() => void> {
  await rm(path, { force: true });
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined); // who asked is gone
    socket.end(`${JSON.stringify(status())}\n`);
  });
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return () => server.close();
}
