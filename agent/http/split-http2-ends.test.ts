import { once } from 'node:events';
import http2 from 'node:http2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answererOf, GRPC, Http2Stage, mine, pairs, readAnswer } from './http2-stage.ts';
import { resetHttp2 } from './reset-http2.ts';

const { NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR } = http2.constants;

let stage: Http2Stage;
let client: http2.ClientHttp2Session;

beforeEach(async () => {
  stage = new Http2Stage();
  client = await stage.connect({ maxSendHeaderBlockLength: 200_000 });
});
afterEach(() => stage.close());

const by = (headers: http2.OutgoingHttpHeaders, body?: string) => answererOf(client, headers, body);

test.each([http2.constants.NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL, 0x77])(
  'RST with code %i reaches the client, before and after the headers',
  async (code) => {
    stage.target.handler = (stream, headers) => {
      if (headers[':path'] === '/late') {
        stream.respond({ ':status': 200 });
        stream.write('x', () => resetHttp2(stream, code));
      } else resetHttp2(stream, code);
    };
    expect(await readAnswer(client.request({ ':path': '/early' }))).toMatchObject({ code });
    const late = await readAnswer(client.request({ ':path': '/late' }));
    expect(late).toMatchObject({ code, status: 200 });
    expect(await readAnswer(client.request({ ':path': '/early' }))).toMatchObject({ code });
  },
);

test("the client's RST reaches who answers, with its code", async () => {
  const code = new Promise<number>((resolve) => {
    stage.service.handler = (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('x');
      stream.resume();
      stream.on('close', () => resolve(stream.rstCode));
    };
  });
  const stream = client.request({ ...GRPC, ...mine });
  stream.on('error', () => undefined);
  await once(stream, 'data');
  resetHttp2(stream, 0x42);
  expect(await code).toBe(0x42);
  expect(await by({})).toBe('target');
});

test('a client that leaves cancels its streams and closes both sessions', async () => {
  const closed = new Promise<number>((resolve) => {
    stage.service.handler = (stream) => {
      stream.respond({ ':status': 200 });
      stream.resume();
      stream.on('close', () => resolve(stream.rstCode));
    };
  });
  await by({});
  const stream = client.request({ ...GRPC, ...mine });
  stream.on('error', () => undefined);
  await once(stream, 'response');
  client.destroy();
  expect(await closed).toBe(NGHTTP2_CANCEL);
  for (const { sessions } of [stage.service, stage.target]) {
    for (const session of sessions) if (!session.closed) await once(session, 'close');
  }
});

test('a client that ends its connection in order closes both sessions as well', async () => {
  await by({});
  await by(mine);
  client.close();
  for (const { sessions } of [stage.service, stage.target]) {
    for (const session of sessions) if (!session.closed) await once(session, 'close');
  }
});

test('an answer may end before its request: the rest is not asked for', async () => {
  stage.target.handler = (stream) => {
    stream.respond({ ':status': 413 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => {
      stream.sendTrailers({ why: 'too large' });
      setImmediate(() => stream.close(NGHTTP2_NO_ERROR));
    });
    stream.end('enough');
  };
  const stream = client.request({ ':method': 'POST' });
  stream.write('a');
  const answer = await readAnswer(stream);
  expect(answer).toMatchObject({
    status: 413,
    code: NGHTTP2_NO_ERROR,
    trailers: ['why', 'too large'],
  });
  expect(String(answer.body)).toBe('enough');
});

test('a target that leaves tells the client so, and its streams end in peace', async () => {
  let held: http2.ServerHttp2Stream | undefined;
  stage.target.handler = (stream) => {
    held = stream;
    stream.respond({ ':status': 200 });
  };
  const stream = client.request({ ':method': 'POST' });
  const answer = readAnswer(stream);
  await once(stream, 'response');
  const told = once(client, 'goaway');
  stage.target.sessions[0]?.close();
  expect((await told)[0]).toBe(NGHTTP2_NO_ERROR);
  held?.end('done');
  stream.end();
  expect(await answer).toMatchObject({ code: NGHTTP2_NO_ERROR });
  expect(String((await answer).body)).toBe('done');
});

test('a service that leaves is connected to anew by the next stream', async () => {
  expect(await by(mine)).toBe('service');
  const [session] = stage.service.sessions;
  session?.close();
  if (session && !session.closed) await once(session, 'close');
  await expect.poll(async () => await by(mine), { timeout: 10_000 }).toBe('service');
  expect(stage.service.sessions).toHaveLength(2);
});

test('a service that is not there: 502, or UNAVAILABLE for gRPC; the rest of the connection lives', async () => {
  stage.service.isRefusing = true;
  expect(await readAnswer(client.request(mine))).toMatchObject({ status: 502 });
  const { status, headers } = await readAnswer(client.request({ ...GRPC, ...mine }));
  expect(status).toBe(200);
  expect(pairs(headers)).toContainEqual(['grpc-status', '14']);
  expect(pairs(headers)).toContainEqual(['grpc-message', 'kdev: no service']);
  expect(pairs(headers)).toContainEqual(['content-type', 'application/grpc']);
  expect(await by({})).toBe('target');
  stage.service.isRefusing = false;
  expect(await by(mine)).toBe('service');
});

test('without a service the target has all', async () => {
  stage.service.isAbsent = true;
  expect(await by(mine)).toBe('target');
  stage.service.isAbsent = false;
  expect(await by(mine)).toBe('service');
});

test('a service that breaks off before it answered is one that is not there', async () => {
  stage.service.handler = ({ session }) => session?.destroy();
  expect(await readAnswer(client.request(mine))).toMatchObject({ status: 502 });
  expect(await by({})).toBe('target');
});

test.each(['refuses', 'breaks off'])('a target that %s: so is the client', async (how) => {
  if (how === 'refuses') stage.target.isRefusing = true;
  else stage.target.handler = ({ session }) => session?.destroy();
  const closed = new Promise((resolve) => client.on('close', resolve));
  const { status } = await readAnswer(client.request({}));
  expect(status).toBe(undefined);
  await closed;
});

test('too many or too long headers are refused, and the connection goes on', async () => {
  const long = client.request({ 'x-long': 'a'.repeat(66_000) }); // less on the wire
  expect((await readAnswer(long)).code).toBe(NGHTTP2_ENHANCE_YOUR_CALM);
  const many = client.request({ 'x-many': new Array<string>(1200).fill('1') });
  expect((await readAnswer(many)).code).toBe(NGHTTP2_ENHANCE_YOUR_CALM);
  expect(await by({})).toBe('target');
});
