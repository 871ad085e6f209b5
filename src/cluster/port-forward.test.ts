import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Cluster } from './cluster.ts';
import { packMessages } from './forward-stream.ts';
import { openForwardPipe } from './port-forward.ts';
import { clusterAt, serveHttp, serveRaw, type TestServer } from './test-server.ts';

const signal = new AbortController().signal;
const door = { namespace: 'shop', pod: 'kdev-agent-x', port: 0x1c91 };
const open: { server?: TestServer; cluster?: Cluster; pipe?: Duplex } = {};
const port = Buffer.from([0x91, 0x1c]);
const message = (channel: number, payload: Buffer | string) =>
  Buffer.concat([Buffer.from([channel]), Buffer.from(payload)]);

afterEach(async () => {
  open.pipe?.destroy();
  open.cluster?.close();
  await open.server?.close();
});

/** An API server that speaks WebSocket as Kubernetes does, then does what the test wants. */
function forwarding(onSocket: (socket: WebSocket, raw: Socket) => void): Promise<TestServer> {
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: () => 'v4.channel.k8s.io',
  });
  return serveHttp(
    (_, response) => response.end(),
    (server) => {
      server.on('upgrade', (request, raw: Socket, head) => {
        sockets.handleUpgrade(request, raw, head, (socket) => onSocket(socket, raw));
      });
    },
  );
}

function confirm(socket: WebSocket): void {
  socket.send(message(0, port));
  socket.send(message(1, port));
}

async function pipeTo(server: TestServer): Promise<Duplex> {
  open.server = server;
  open.cluster = clusterAt(server.url);
  open.pipe = await openForwardPipe(open.cluster.api, door, signal);
  return open.pipe;
}

test('a wall clock that jumps ends nothing', async () => {
  vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
  try {
    const pipe = await pipeTo(await forwarding(confirm));
    vi.setSystemTime(Date.now() + 86_400_000);
    vi.advanceTimersByTime(30_000);
    expect(pipe.destroyed).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

describe('carries bytes', () => {
  test('there and back, without the ports, in messages of the data channel', async () => {
    const channels = new Set<number | undefined>();
    const pipe = await pipeTo(
      await forwarding((socket) => {
        confirm(socket);
        socket.on('message', (data: Buffer) => {
          channels.add(data[0]);
          socket.send(data);
        });
      }),
    );
    const sent = randomBytes(3_000_000);
    const hash = createHash('sha256');
    let received = 0;
    pipe.on('data', (chunk: Buffer) => {
      received += chunk.length;
      hash.update(chunk);
      if (received === sent.length) pipe.end();
    });
    for (let at = 0; at < sent.length; at += 70_001) pipe.write(sent.subarray(at, at + 70_001));
    await once(pipe, 'close');
    expect(hash.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
    expect(channels).toEqual(new Set([0]));
  });

  test('ports that come byte by byte, or with the first data', async () => {
    const pipe = await pipeTo(
      await forwarding((socket) => {
        socket.send(message(0, port.subarray(0, 1)));
        socket.send(message(1, port.subarray(0, 1)));
        socket.send(message(0, Buffer.concat([port.subarray(1), Buffer.from('hello')])));
        socket.send(message(1, port.subarray(1)));
      }),
    );
    expect(String((await once(pipe, 'data'))[0])).toBe('hello');
  });

  test('a reader who does not read stops the sender', async () => {
    const chunk = message(0, Buffer.alloc(64 * 1024));
    const sender: { socket?: WebSocket } = {};
    const pipe = await pipeTo(
      await forwarding((socket) => {
        sender.socket = socket;
        confirm(socket);
        for (let sent = 0; sent < 512; sent++) socket.send(chunk);
      }),
    );
    pipe.once('readable', () => {});
    // 32 MiB are on offer: what the kernel's buffers and the pipe do not take stays with the sender.
    await expect.poll(() => settled(() => sender.socket?.bufferedAmount ?? 0)).toBeGreaterThan(8e6);
    expect(pipe.readableLength).toBeLessThan(1024 * 1024);
    let read = 0;
    pipe.on('data', (bytes: Buffer) => {
      read += bytes.length;
    });
    await expect.poll(() => read).toBe(512 * 64 * 1024);
  });

  test('a peer who does not read stops our writer', async () => {
    const pipe = await pipeTo(
      await forwarding((socket) => {
        confirm(socket);
        socket.pause();
      }),
    );
    const chunk = Buffer.alloc(256 * 1024);
    let written = 0;
    while (written < 64 && (await writes(pipe, chunk))) written++;
    expect(written).toBeLessThan(64);
    expect(pipe.writableLength).toBeLessThan(1024 * 1024);
  });
});

/** Whether the pipe takes a chunk within a short time. */
async function writes(pipe: Duplex, chunk: Buffer): Promise<boolean> {
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 300);
    pipe.write(chunk, () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

/** A number once it has stopped changing. */
async function settled(look: () => number): Promise<number> {
  for (let last = look(); ; last = look()) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (look() === last) return last;
  }
}

describe('ends', () => {
  test('with the peer’s clean close: end of stream', async () => {
    const pipe = await pipeTo(
      await forwarding((socket) => {
        confirm(socket);
        socket.send(message(0, 'last'));
        socket.close(1000);
      }),
    );
    const chunks: Buffer[] = [];
    for await (const chunk of pipe) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe('last');
  });

  test.each([
    [
      'an error on its channel',
      (socket: WebSocket) => socket.send(message(1, 'lost connection to pod')),
      'ECONNRESET',
      'lost connection to pod',
    ],
    ['a lost connection', (_: WebSocket, raw: Socket) => raw.destroy(), 'ECONNRESET', '1006'],
    ['a close that says trouble', (socket: WebSocket) => socket.close(1011), 'ECONNRESET', '1011'],
    ['text', (socket: WebSocket) => socket.send('text'), 'EPROTO', 'without a channel'],
    [
      'an empty message',
      (socket: WebSocket) => socket.send(Buffer.alloc(0)),
      'EPROTO',
      'without a channel',
    ],
  ])('with %s: an error', async (_, trouble, code, words) => {
    const go: { now?: () => void } = {};
    const pipe = await pipeTo(
      await forwarding((socket, raw) => {
        confirm(socket);
        go.now = () => trouble(socket, raw);
      }),
    );
    pipe.resume();
    const ended = once(pipe, 'error');
    go.now?.();
    const [error] = await ended;
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
  });

  test.each([
    ['bytes that are no frame', Buffer.from('ffffffff', 'hex')],
    ['a message that is too long', Buffer.from('827f00000000ffffffff', 'hex')],
  ])('with %s: an error', async (_, bytes) => {
    const go: { raw?: Socket } = {};
    const pipe = await pipeTo(
      await forwarding((socket, raw) => {
        confirm(socket);
        go.raw = raw;
      }),
    );
    pipe.resume();
    const ended = once(pipe, 'error');
    go.raw?.write(bytes);
    await ended;
    expect(pipe.destroyed).toBe(true);
  });
});

describe('is refused', () => {
  test('a port on which nobody listens, though the API server confirms first', async () => {
    const server = forwarding((socket) => {
      confirm(socket);
      socket.send(
        message(
          1,
          'error forwarding port 7313: dial tcp4 127.0.0.1:7313: connect: connection refused',
        ),
      );
    });
    await expect(pipeTo(await server)).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      lasting: false,
    });
  });

  test('without the right', async () => {
    const server = serveHttp(
      () => {},
      (http) => {
        http.on('upgrade', (_request, socket) => {
          socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno');
        });
      },
    );
    await expect(pipeTo(await server)).rejects.toMatchObject({ code: 'EACCES', lasting: true });
  });

  test('by a server that closes before it confirms', async () => {
    await expect(pipeTo(await forwarding((socket) => socket.close(1000)))).rejects.toMatchObject({
      code: 'ECONNRESET',
    });
  });

  test.each([
    ['garbage', 'SSH-2.0-OpenSSH\r\n'],
    ['nothing', ''],
    [
      'a wrong key',
      'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: no\r\n\r\n',
    ],
  ])('by %s', async (_, bytes) => {
    const server = await serveRaw((socket) => socket.once('data', () => socket.end(bytes)));
    await expect(pipeTo(server)).rejects.toThrow();
  });

  test('by silence, once the caller has had enough', async () => {
    open.server = await serveRaw(() => {});
    open.cluster = clusterAt(open.server.url);
    const caller = new AbortController();
    const opening = openForwardPipe(open.cluster.api, door, caller.signal);
    setImmediate(() => caller.abort(new Error('enough')));
    await expect(opening).rejects.toThrow('enough');
  });
});

test('messages are packed: one channel byte each, no byte lost, none longer than the bound', () => {
  const chunks = [1, 300_000, 0, 70_000, 262_144, 5].map((size) => randomBytes(size));
  const messages = packMessages(chunks);
  for (const packed of messages) {
    expect(packed[0]).toBe(0);
    expect(packed.length).toBeLessThanOrEqual(256 * 1024 + 1);
  }
  const payload = Buffer.concat(messages.map((packed) => packed.subarray(1)));
  expect(payload.equals(Buffer.concat(chunks))).toBe(true);
  expect(packMessages([])).toEqual([]);
  expect(packMessages([Buffer.alloc(0)])).toEqual([]);
});
