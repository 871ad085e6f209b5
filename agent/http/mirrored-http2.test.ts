import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { ClientFrames } from './client-frames.ts';
import { Answerer } from './http2-stage.ts';
import { MirroredHttp2 } from './mirrored-http2.ts';
import { resetHttp2 } from './reset-http2.ts';

/** What a client sent in a conversation with a server that has settings of its own, pings it and changes its mind. */
let recorded: Buffer;

beforeAll(async () => {
  recorded = await record(async (client) => {
    const answers = Array.from({ length: 20 }, async (_, at) => {
      const headers = { ':method': 'POST', ':path': `/${at}`, 'x-user': at % 2 ? 'me' : 'you' };
      const stream = client.request(headers, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': `${at}` }));
      stream.end(Buffer.alloc(100_000, at));
      stream.resume();
      await once(stream, 'close');
    });
    client.ping(() => undefined);
    await Promise.all(answers);
    const cut = client.request({ ':method': 'POST', ':path': '/cut', 'x-user': 'me' });
    cut.on('error', () => undefined);
    cut.write('half');
    await once(cut, 'response');
    resetHttp2(cut, 0x42);
    const last = client.request({ ':path': '/last', 'x-user': 'me' });
    last.resume();
    await once(last, 'close');
  });
});

async function record(talk: (client: http2.ClientHttp2Session) => Promise<void>): Promise<Buffer> {
  const parts: Buffer[] = [];
  const server: http2.Http2Server = http2.createServer({
    settings: { initialWindowSize: 1 << 20, headerTableSize: 16_384, maxFrameSize: 1 << 20 },
  });
  server.on('session', (session) => {
    session.ping(() => undefined);
    session.settings({ initialWindowSize: 2 << 20 });
  });
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  const port = await listen(server);
  const door = net.createServer((socket) => {
    const upstream = net.connect(port, '127.0.0.1');
    socket.on('data', (chunk: Buffer) => parts.push(chunk));
    socket
      .on('error', () => undefined)
      .pipe(upstream)
      .pipe(socket);
  });
  const client = http2.connect(`http://127.0.0.1:${await listen(door)}`);
  await talk(client);
  client.close();
  await once(client, 'close');
  door.close();
  server.close();
  return Buffer.concat(parts);
}

interface Seen {
  readonly path: string;
  bytes: number;
  trailer: string;
  code: number;
}

/** Feeds a copy in pieces; what the service saw, once `count` of its streams are over. */
async function mirror(pieces: readonly Buffer[], count: number): Promise<Seen[]> {
  const service = new Answerer('service');
  const server = net.createServer((socket) => service.take(socket.on('error', () => undefined)));
  const seen: Seen[] = [];
  const over = new Promise<void>((resolve) => {
    service.handler = (stream, headers) => {
      const one = { path: String(headers[':path']), bytes: 0, trailer: '', code: -1 };
      // Answers that nobody reads hold up nothing.
      stream.respond({ ':status': 200 });
      stream.on('data', (chunk: Buffer) => {
        one.bytes += chunk.length;
        stream.write(chunk);
      });
      stream.on('end', () => stream.end());
      stream.on('trailers', (trailers) => {
        one.trailer = String(trailers['x-sum']);
      });
      stream.on('close', () => {
        one.code = stream.rstCode;
        seen.push(one);
        if (seen.filter(({ path }) => path !== '/cut').length === count) resolve();
      });
    };
  });
  const sink = new MirroredHttp2({
    judge: ({ headers }) => headers.some(([name, value]) => name === 'x-user' && value === 'me'),
    openService: async () => {
      const socket = net.connect(await listen(server), '127.0.0.1');
      await once(socket, 'connect');
      return socket.on('error', () => undefined);
    },
  });
  for (const piece of pieces) {
    sink.data(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  sink.end();
  if (count > 0) await over;
  sink.break('stopped');
  server.close();
  return seen;
}

async function listen(server: net.Server): Promise<number> {
  if (!server.listening) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  const address = server.address();
  return address instanceof Object ? address.port : 0;
}

function cut(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

test.each([1448, 97, 40_000])(
  'the wanted streams of a copied connection reach the service whole, in pieces of %i bytes',
  async (size) => {
    const seen = await mirror(cut(recorded, size), 11);
    const paths = [1, 3, 5, 7, 9, 11, 13, 15, 17, 19].map((at) => ({
      path: `/${at}`,
      bytes: 100_000,
      trailer: `${at}`,
      code: 0,
    }));
    expect(seen).toEqual(expect.arrayContaining(paths));
    // What was reset at once may not have been shown at all.
    for (const one of seen) expect(one.code).toBe(one.path === '/cut' ? 0x42 : 0);
    expect(seen.find(({ path }) => path === '/last')).toMatchObject({ bytes: 0, code: 0 });
  },
);

test('a service that takes nothing is not waited for without end', async () => {
  const sink = new MirroredHttp2({
    judge: () => true,
    openService: () => new Promise(() => undefined),
  });
  for (let round = 0; sink.isOpen(); round++) {
    expect(round).toBeLessThan(100);
    sink.data(recorded.subarray(round === 0 ? 0 : recorded.length));
    sink.data(dataFrame(1_000_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
});

/** Of a stream that nobody knows. */
function dataFrame(length: number): Buffer {
  const frame = Buffer.alloc(9 + length);
  frame.writeUIntBE(length, 0, 3);
  frame.writeUInt32BE(1, 5);
  return frame;
}

test('frames are the same however they are cut', () => {
  const whole = passed([recorded]);
  expect(whole.length).toBeLessThan(recorded.length);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50_000 }), { maxLength: 50 }), (sizes) => {
      const pieces: Buffer[] = [];
      let at = 0;
      for (const size of sizes) {
        pieces.push(recorded.subarray(at, at + size));
        at += size;
      }
      pieces.push(recorded.subarray(at));
      expect(passed(pieces).equals(whole)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

function passed(pieces: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  const frames = new ClientFrames((bytes) => parts.push(Buffer.from(bytes)));
  for (const piece of pieces) frames.push(piece);
  return Buffer.concat(parts);
}

test('foreign bytes end the copy at most', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(recorded.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.uint8Array({ maxLength: 200 }),
      async (changes, tail) => {
        const bytes = Buffer.concat([recorded.subarray(0, 20_000), tail]);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        await mirror(cut(bytes, 5_000), 0);
      },
    ),
    { numRuns: 100 },
  );
});
