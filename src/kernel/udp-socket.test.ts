import { expect, test } from 'vitest';
import { MessageBatch } from './message-batch.ts';
import { encodeSocketAddress } from './socket-address.ts';
import { parseFailure, type UdpDatagram, type UdpFailure, UdpSocket } from './udp-socket.ts';

const loopback = (port: number) => ({ address: '127.0.0.1', port });

function opened(o: { port?: number; tellErrors?: boolean; bufferBytes?: number }) {
  const heard: (UdpDatagram & { readonly bytes: Buffer })[] = [];
  const failed: UdpFailure[] = [];
  const { port = 0, ...rest } = o;
  const socket = new UdpSocket(
    { family: 4, bindTo: loopback(port), ...rest },
    {
      batch: new MessageBatch(),
      onDatagram: (datagram) => heard.push({ ...datagram, bytes: Buffer.from(datagram.payload) }),
      onFailure: (failure) => failed.push(failure),
    },
  );
  return { socket, heard, failed };
}

const base = 21_000 + (process.pid % 20_000);

test('reads bursts in order, empty datagrams and the largest', async () => {
  const { socket, heard } = opened({ port: base, bufferBytes: 1 << 20 });
  const { socket: other } = opened({ port: base + 1 });
  const to = encodeSocketAddress(loopback(base));
  const sizes = [0, 1, 65_507, ...Array.from({ length: 100 }, (_, n) => n)];
  for (const size of sizes) {
    expect(other.send(Buffer.alloc(size, size & 0xff), to)).toBeUndefined();
    await expect.poll(() => heard.length).toBeGreaterThan(0);
  }
  await expect.poll(() => heard.length).toBe(sizes.length);
  expect(heard.map(({ bytes }) => bytes.length)).toEqual(sizes);
  expect(heard[0]).toMatchObject({ from: loopback(base + 1), to: undefined });
  expect(heard[2]?.bytes.equals(Buffer.alloc(65_507, 65_507 & 0xff))).toBe(true);
  socket.close();
  socket.close();
  expect(socket.send(Buffer.alloc(1), to)).toBe('EBADF');
  other.close();
});

test('a closed port is told with the destination, and costs no other datagram', async () => {
  const { socket: reader, heard } = opened({ port: base + 2 });
  const { socket, failed } = opened({ tellErrors: true });
  const [closed, open] = [base + 3, base + 2].map((port) => encodeSocketAddress(loopback(port)));
  if (!closed || !open) throw new Error('unreachable');
  for (let n = 0; n < 20; n++) {
    expect(socket.send(Buffer.from('?'), closed)).toBeUndefined();
    expect(socket.send(Buffer.from(String(n)), open)).toBeUndefined();
  }
  await expect.poll(() => failed.length).toBe(20);
  expect(failed[0]).toEqual({
    to: loopback(base + 3),
    code: 'ECONNREFUSED',
    info: 0,
    icmp: { type: 3, code: 3 },
  });
  await expect.poll(() => heard.length).toBe(20);
  expect(heard.map(({ bytes }) => String(bytes))).toEqual(
    Array.from({ length: 20 }, (_, n) => `${n}`),
  );
  const broadcast = encodeSocketAddress({ address: '255.255.255.255', port: 9 });
  expect(socket.send(Buffer.from('all'), broadcast)).toBe('EACCES');
  socket.close();
  reader.close();
});

test('what finds no room in the receive buffer is counted', async () => {
  const { socket, heard } = opened({ port: base + 4, bufferBytes: 16_384 });
  const { socket: sender } = opened({});
  const to = encodeSocketAddress(loopback(base + 4));
  for (let n = 0; n < 500; n++) sender.send(Buffer.alloc(1_200), to);
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  sender.send(Buffer.alloc(1_200), to);
  await expect.poll(() => socket.overflowed + heard.length).toBe(501);
  expect(socket.overflowed).toBeGreaterThan(0);
  socket.close();
  sender.close();
});

test('a message of the error queue that is none says nothing', () => {
  const name = encodeSocketAddress(loopback(9));
  const none = { name, payload: Buffer.alloc(0), control: Buffer.alloc(0), flags: 0 };
  expect(parseFailure(none, 4)).toBeUndefined();
  const short = Buffer.alloc(24);
  short.writeBigUInt64LE(24n, 0);
  short.writeInt32LE(11, 12);
  expect(parseFailure({ ...none, control: short }, 4)).toBeUndefined();
});
