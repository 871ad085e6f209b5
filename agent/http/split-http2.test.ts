import { once } from 'node:events';
import http2 from 'node:http2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answererOf, GRPC, Http2Stage, mine, pairs, readAnswer } from './http2-stage.ts';

const { NGHTTP2_NO_ERROR } = http2.constants;

let stage: Http2Stage;
let client: http2.ClientHttp2Session;

beforeEach(async () => {
  stage = new Http2Stage();
  client = await stage.connect({ maxSendHeaderBlockLength: 200_000 });
});
afterEach(() => stage.close());

const by = (headers: http2.OutgoingHttpHeaders, body?: string) => answererOf(client, headers, body);

test('each stream of a connection goes where its own headers say, over one session a side', async () => {
  for (const [headers, expected] of [
    [mine, 'service'],
    [{}, 'target'],
    [{ 'x-user': 'you' }, 'target'],
    [mine, 'service'],
    [{ ':path': '/x' }, 'target'],
  ] as const) {
    expect(await by(headers)).toBe(expected);
  }
  expect(stage.service.sessions).toHaveLength(1);
  expect(stage.target.sessions).toHaveLength(1);
});

test('nobody is connected to before the first stream for him', async () => {
  await by({});
  expect(stage.service.sessions).toHaveLength(0);
});

test('headers, duplicates, cookies and binary values arrive as they were sent, both ways', async () => {
  let received: readonly string[] = [];
  stage.service.handler = (stream, _headers, raw) => {
    received = raw;
    stream.respond(
      {
        ':status': 200,
        date: 'some day',
        'x-b': ['3', '1'],
        'x-a': 'z',
        'set-cookie': ['a=1', 'b=2'],
      },
      { endStream: true },
    );
  };
  const stream = client.request(
    {
      ':method': 'GET',
      ':scheme': 'http',
      ':authority': 'orders.shop:8080',
      ':path': '/a?b=%20c',
      'x-b': ['2', '1'],
      'x-user': 'me',
      cookie: ['c=1', 'd=2'],
      'trace-bin': 'AAECAw==',
      'x-latin': '\xe9\xff',
      te: 'trailers',
    },
    { endStream: true },
  );
  const { headers, code } = await readAnswer(stream);
  expect(pairs(received)).toEqual([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':authority', 'orders.shop:8080'],
    [':path', '/a?b=%20c'],
    ['x-b', '2'],
    ['x-b', '1'],
    ['x-user', 'me'],
    ['cookie', 'c=1'],
    ['cookie', 'd=2'],
    ['trace-bin', 'AAECAw=='],
    ['x-latin', '\xe9\xff'],
    ['te', 'trailers'],
  ]);
  expect(pairs(headers)).toEqual([
    [':status', '200'],
    ['date', 'some day'],
    ['x-b', '3'],
    ['x-b', '1'],
    ['x-a', 'z'],
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ]);
  expect(code).toBe(NGHTTP2_NO_ERROR);
});

test('informational headers, bodies and trailers travel both ways', async () => {
  let trailers: readonly string[] = [];
  stage.service.handler = (stream) => {
    stream.on('trailers', (_headers, _flags, raw?: readonly string[]) => {
      trailers = raw ?? [];
    });
    stream.additionalHeaders({ ':status': 103, link: '</a.css>' });
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-bin': 'AA==' }));
    stream.pipe(stream);
  };
  const stream = client.request({ ...GRPC, ...mine }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': ['1', '2'] }));
  stream.end('ping');
  const answer = await readAnswer(stream);
  expect(String(answer.body)).toBe('ping');
  expect(pairs(answer.informational[0] ?? [])).toEqual([
    [':status', '103'],
    ['link', '</a.css>'],
  ]);
  expect(pairs(answer.trailers)).toEqual([
    ['grpc-status', '0'],
    ['x-bin', 'AA=='],
  ]);
  expect(pairs(trailers)).toEqual([
    ['x-sum', '1'],
    ['x-sum', '2'],
  ]);
});

test('both sides talk in turns on one stream', async () => {
  stage.service.handler = (stream) => {
    stream.respond({ ':status': 200 });
    stream.on('data', (chunk: Buffer) => stream.write(`${chunk}!`));
    stream.on('end', () => stream.end());
  };
  const stream = client.request({ ...GRPC, ...mine });
  for (const word of ['a', 'b', 'c']) {
    stream.write(word);
    expect(String((await once(stream, 'data'))[0])).toBe(`${word}!`);
  }
  stream.end();
  expect((await readAnswer(stream)).code).toBe(NGHTTP2_NO_ERROR);
});

test('HEAD, 204 and 304 have their headers and no body', async () => {
  stage.target.handler = (stream, headers) => {
    const status = Number(headers['x-status']);
    stream.respond({ ':status': status, 'x-length': '5' }, { endStream: true });
  };
  for (const [method, status] of [
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ] as const) {
    const headers = { ':method': method, 'x-status': `${status}` };
    const answer = await readAnswer(client.request(headers));
    expect(answer).toMatchObject({ status, code: NGHTTP2_NO_ERROR });
    expect(answer.headers).toContain('x-length');
  }
});

test('who does not read holds the other back, upwards and downwards', async () => {
  let upstream: http2.ServerHttp2Stream | undefined;
  stage.service.handler = (stream) => {
    upstream = stream;
    stream.pause();
    stream.respond({ ':status': 200 });
  };
  const stream = client.request({ ...GRPC, ...mine });
  stream.on('error', () => undefined);
  let accepted = 0;
  const chunk = Buffer.alloc(64 * 1024);
  const pump = () => {
    while (accepted < 64 * 1024 * 1024 && stream.write(chunk)) accepted += chunk.length;
  };
  stream.on('drain', () => {
    accepted += chunk.length;
    pump();
  });
  pump();
  await once(stream, 'response');
  // Another stream is unharmed, and by its answer what could flow has flown.
  for (let turn = 0; turn < 20; turn++) expect(await by({})).toBe('target');
  expect(accepted).toBeLessThan(4 * 1024 * 1024);
  upstream?.resume();
  while (accepted < 64 * 1024 * 1024) await once(stream, 'drain');
  stream.close();
});

test('a thousand streams at once', async () => {
  const waiting: http2.ServerHttp2Stream[] = [];
  const all = new Promise<void>((resolve) => {
    stage.service.handler = (stream) => {
      if (waiting.push(stream) === 1000) resolve();
    };
  });
  const answers = Array.from({ length: 1000 }, (_, at) => {
    const stream = client.request({ ...GRPC, ...mine, 'x-at': `${at}` });
    stream.end(`${at}`);
    return readAnswer(stream);
  });
  await all;
  for (const stream of waiting) {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  }
  const bodies = (await Promise.all(answers)).map(({ body }) => Number(String(body)));
  expect(bodies).toEqual(Array.from({ length: 1000 }, (_, at) => at));
});

test('extended CONNECT is not offered', () => {
  expect(client.remoteSettings.enableConnectProtocol).toBe(false);
});

test('a JSON body decides where it is asked for, and arrives whole', async () => {
  const headers = { ':method': 'POST', 'x-by-body': '1', 'content-type': 'application/json' };
  expect(await by(headers, '{"user":"me"}')).toBe('service');
  expect(await by(headers, '{"user":"you"}')).toBe('target');
  expect(await by({ ...headers, 'content-type': 'text/plain' }, 'me')).toBe('target');
  stage.target.handler = (stream) => {
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  };
  const large = `{"me":"${'x'.repeat(300_000)}"}`;
  const stream = client.request(headers);
  stream.end(large);
  expect(String((await readAnswer(stream)).body)).toBe(large);
});
