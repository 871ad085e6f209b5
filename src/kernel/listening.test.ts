import net from 'node:net';
import { expect, test } from 'vitest';
import { listeningPorts, parseProc } from './listening.ts';

const HEAD =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const REST =
  '00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0\n';
const row = (at: number, local: string, remote: string, state: string): string =>
  `${String(at).padStart(4)}: ${local} ${remote} ${state} ${REST}`;

test('rows of /proc/net/tcp: listeners only, and on which addresses', () => {
  const text =
    HEAD +
    row(0, '0100007F:1F90', '00000000:0000', '0A') +
    row(1, '00000000:1F91', '00000000:0000', '0A') +
    row(2, '0B00007F:A001', '00000000:0000', '0A') +
    row(3, '0107C90A:1F92', '00000000:0000', '0A') +
    row(10, '0100007F:1F93', '0100007F:9C40', '01');
  expect(parseProc(text)).toEqual([
    { port: 8080, address: '127.0.0.1' },
    { port: 8081, address: '0.0.0.0' },
    { port: 40961, address: '127.0.0.11' },
    { port: 8082, address: '10.201.7.1' },
  ]);
});

test('rows of /proc/net/tcp6', () => {
  const any = '0'.repeat(32);
  const text =
    HEAD +
    row(0, `${any}:1F90`, `${any}:0000`, '0A') +
    row(1, `${'0'.repeat(24)}01000000:1F91`, `${any}:0000`, '0A');
  expect(parseProc(text)).toEqual([
    { port: 8080, address: '::' },
    { port: 8081, address: '::1' },
  ]);
});

test.each(['', HEAD, 'garbage\n', row(0, 'ZZ:1F90', '00000000:0000', '0A'), '   0: 0100007F'])(
  'what is no row is passed over: %j',
  (text) => {
    expect(parseProc(text)).toEqual([]);
  },
);

test('sees a listener of this very process come and go', async () => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const found = (): unknown => listeningPorts().find((one) => one.port === port);
  expect(found()).toEqual({ port, family: 4, addresses: ['127.0.0.1'] });
  await new Promise((resolve) => server.close(resolve));
  expect(found()).toBeUndefined();
});

test('more listeners than one answer holds', async () => {
  const servers = await Promise.all(
    Array.from({ length: 600 }, async () => {
      const server = net.createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = new Set(listeningPorts().map((one) => one.port));
  const missing = servers.filter((server) => {
    const address = server.address();
    return typeof address !== 'object' || !ports.has(address?.port ?? 0);
  });
  expect(missing).toEqual([]);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});
