import dgram from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';
import { expect, test } from 'vitest';
import { AF_INET, libc, openSocket, SOCK_DGRAM } from './libc.ts';
import { pollReadable } from './poll.ts';
import { encodeSocketAddress } from './socket-address.ts';

const connect = koffi.load(null).func('int connect(int, const void*, uint32_t)');

/** A UDP fd on loopback that is connected to `port`. */
function connectedTo(port: number): { fd: number; port: number } {
  const local = 20_000 + (process.pid % 20_000);
  const fd = openSocket({ domain: AF_INET, type: SOCK_DGRAM, protocol: 0 }, (opened) => {
    const own = encodeSocketAddress({ address: '127.0.0.1', port: local });
    const peer = encodeSocketAddress({ address: '127.0.0.1', port });
    expect(libc.bind(opened, own, own.length)).toBe(0);
    expect(connect(opened, peer, peer.length)).toBe(0);
  });
  return { fd, port: local };
}

test('wakes while there is something to read; promises run in between; an error wakes and does not end it', async () => {
  const peer = dgram.createSocket('udp4');
  peer.bind(0, '127.0.0.1');
  await once(peer, 'listening');
  const { fd, port } = connectedTo(peer.address().port);
  const buffer = Buffer.alloc(100);
  const read: string[] = [];
  let woken = (): void => undefined;
  const stop = pollReadable(fd, () => {
    const length = libc.recv(fd, buffer, buffer.length, 0);
    read.push(length < 0 ? 'error' : buffer.toString('latin1', 0, length));
    void Promise.resolve().then(() => woken());
  });
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      woken = resolve;
    });
  try {
    const first = next();
    peer.send('one', port, '127.0.0.1');
    await first;
    const peerPort = peer.address().port;
    await new Promise<void>((resolve) => peer.close(resolve));
    const second = next();
    libc.send(fd, Buffer.from('x'), 1, 0);
    await second;
    const again = dgram.createSocket('udp4');
    again.bind(peerPort, '127.0.0.1');
    await once(again, 'listening');
    const third = next();
    again.send('two', port, '127.0.0.1');
    await third;
    again.close();
    expect(read).toEqual(['one', 'error', 'two']);
  } finally {
    stop();
    stop();
    libc.close(fd);
  }
});

test('a stopped watch is silent, even where its hop was under way', async () => {
  const peer = dgram.createSocket('udp4');
  peer.bind(0, '127.0.0.1');
  await once(peer, 'listening');
  const { fd, port } = connectedTo(peer.address().port);
  let calls = 0;
  const stop = pollReadable(fd, () => {
    calls += 1;
    stop();
  });
  const read = async (): Promise<string> => {
    const buffer = Buffer.alloc(10);
    let length = -1;
    while (length < 0) {
      await new Promise(setImmediate);
      length = libc.recv(fd, buffer, buffer.length, 0);
    }
    return buffer.toString('latin1', 0, length);
  };
  peer.send('one', port, '127.0.0.1');
  while (calls === 0) await new Promise(setImmediate);
  peer.send('two', port, '127.0.0.1');
  expect([await read(), await read()]).toEqual(['one', 'two']);
  expect(calls).toBe(1);
  libc.close(fd);
  peer.close();
});

test('what cannot be polled is refused', () => {
  expect(() => pollReadable(-1, () => undefined)).toThrow();
  expect(() => pollReadable(999_999, () => undefined)).toThrow(/EBADF/);
  const file = openSync('/proc/self/status', 'r');
  expect(() => pollReadable(file, () => undefined)).toThrow(/cannot be polled/);
  closeSync(file);
});
