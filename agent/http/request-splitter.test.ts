import { afterEach, expect, test } from 'vitest';
import { closeStages, echo, get, hears, response, Side, SOON, stageOf } from './splitter-stage.ts';

afterEach(closeStages);

test('each request on a kept connection goes its way, byte for byte, and the answers come back', async () => {
  const stage = await stageOf(echo('service'), echo('target'));
  const talker = await stage.talk();
  let all = '';
  for (const [path, user] of [
    ['/1', 'bob'],
    ['/2', 'ada'],
    ['/3', 'ada'],
    ['/4', 'bob'],
  ] as const) {
    talker.say(get(path, user));
    all += response(`${user === 'ada' ? 'service' : 'target'}${path}`);
    await hears(talker, all);
  }
  expect(stage.service.received).toEqual([get('/2', 'ada') + get('/3', 'ada')]);
  expect(stage.target.received).toEqual([get('/1') + get('/4')]);
});

test('pipelined requests keep their order, and those for one side are pipelined there', async () => {
  let answerFirst = () => undefined as unknown;
  const slow = new Side((text, socket) => {
    answerFirst = () => socket.write(response('slow'));
    return text.endsWith(get('/1', 'ada')) ? undefined : response('later');
  });
  const stage = await stageOf(slow, echo('target'));
  const talker = await stage.talk(get('/1', 'ada') + get('/2') + get('/3') + get('/4', 'ada'));
  await expect.poll(() => stage.service.received[0], SOON).toBe(get('/1', 'ada'));
  expect(stage.target.received).toEqual([]);
  answerFirst();
  const both = response('target/2') + response('target/3');
  await hears(talker, `${response('slow')}${both}${response('later')}`);
  expect(stage.target.received).toEqual([get('/2') + get('/3')]);
});

test('what belongs to no message is kept as it is: interim answers, extensions, trailers, case and order', async () => {
  const sent =
    'POST /x HTTP/1.1\r\nx-user:  ada \r\nTRANSFER-encoding: Chunked\r\nA: 1\r\na: 2\r\n\r\n' +
    '5;ext="a b"\r\nhello\r\n00A\r\n0123456789\r\n0;last\r\nX-Sum: 1\r\n\r\n';
  const answered =
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 Fine, thanks\r\ntransfer-encoding: chunked\r\n' +
    'Trailer: B\r\n\r\n3;x\r\nabc\r\n0\r\nB: 2\r\n\r\n';
  const stage = await stageOf(
    new Side((text) => (text === sent ? answered : undefined)),
    echo('target'),
  );
  const talker = await stage.talk();
  for (const byte of sent) talker.say(byte);
  await hears(talker, answered);
  talker.say(get('/next'));
  await hears(talker, answered + response('target/next'));
  expect(stage.service.received).toEqual([sent]);
});

test('an answer without a body is known by its request and its status', async () => {
  const heads = [
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n',
    'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n',
  ];
  let at = 0;
  const stage = await stageOf(new Side(() => heads[at++]), echo('target'));
  const talker = await stage.talk();
  let all = '';
  for (const method of ['HEAD', 'GET', 'GET']) {
    talker.say(get('/s', 'ada').replace('GET', method));
    all += heads[at] ?? '';
    await hears(talker, all);
    talker.say(get('/t'));
    all += response('target/t');
    await hears(talker, all);
  }
});

test('a client that expects 100 waits for the word of its side', async () => {
  const head =
    'POST / HTTP/1.1\r\nX-User: ada\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';
  const go = 'HTTP/1.1 100 Continue\r\n\r\n';
  const stage = await stageOf(
    new Side((text) => (text === head ? go : text === 'hello' ? response('done') : undefined)),
    echo('target'),
  );
  const talker = await stage.talk(head);
  await hears(talker, go);
  talker.say('hello');
  await hears(talker, go + response('done'));
});

test.each([
  [
    'an upgrade',
    `GET / HTTP/1.1\r\nX-User: ada\r\nUpgrade: x\r\n\r\n`,
    'HTTP/1.1 101 Switch\r\n\r\n',
  ],
  ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nX-User: ada\r\n\r\n', 'HTTP/1.1 200 OK\r\n\r\n'],
])('behind %s the connection is its side’s', async (_what, asked, agreed) => {
  const stage = await stageOf(
    new Side((text) => (text === asked ? `${agreed}first` : text.toUpperCase())),
    echo('target'),
  );
  const talker = await stage.talk(asked);
  await hears(talker, `${agreed}first`);
  talker.say('get / http/1.1\r\n\r\n');
  await hears(talker, `${agreed}firstGET / HTTP/1.1\r\n\r\n`);
  talker.socket.end();
  await expect.poll(() => talker.ending, SOON).toBe('end');
  expect(stage.target.received).toEqual([]);
});

test('behind an upgrade that is refused, the next request is decided', async () => {
  const stage = await stageOf(echo('service'), echo('target'));
  const asked = get('/u', 'ada').replace('\r\n\r\n', '\r\nUpgrade: websocket\r\n\r\n');
  const talker = await stage.talk(asked + get('/2'));
  await hears(talker, response('service/u') + response('target/2'));
});

test('an answer that ends with the connection ends the client’s', async () => {
  const stage = await stageOf(
    new Side((_text, socket) => {
      setImmediate(() => socket.end(' world'));
      return 'HTTP/1.0 200 OK\r\n\r\nhello';
    }),
    echo('target'),
  );
  const talker = await stage.talk(get('/', 'ada'));
  await expect.poll(() => talker.ending, SOON).toBe('end');
  expect(talker.heard).toBe('HTTP/1.0 200 OK\r\n\r\nhello world');
});

/** Answers with its name when a body has come to its last word. */
function bodies(name: string): Side {
  return new Side((text) => (text.includes('"END"}') ? response(name) : undefined));
}

test('a JSON body decides, in chunks too, unless it is too large or the client waits for a word', async () => {
  const stage = await stageOf(bodies('service'), bodies('target'));
  const talker = await stage.talk();
  const json = (user: string, more = '') => JSON.stringify({ user, more, end: 'END' });
  const counted = (body: string, field = '') =>
    `POST / HTTP/1.1\r\n${field}Content-Length: ${body.length}\r\n\r\n${body}`;
  const chunked = (body: string) => {
    const parts = [body.slice(0, 9), body.slice(9)];
    const chunks = parts.map((part) => `${part.length.toString(16)};x\r\n${part}\r\n`).join('');
    return `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`;
  };
  for (const [bytes, name] of [
    [counted(json('ada')), 'service'],
    [counted(json('bob')), 'target'],
    [chunked(json('ada')), 'service'],
    [chunked(json('bob')), 'target'],
    [counted(json('ada', 'x'.repeat(70_000))), 'target'],
    [counted(json('ada'), 'Expect: 100-continue\r\n'), 'target'],
  ] as const) {
    talker.heard = '';
    for (let at = 0; at < bytes.length; at += 1 + bytes.length / 20) {
      talker.say(bytes.slice(at, at + 1 + bytes.length / 20));
    }
    await hears(talker, response(name));
  }
});

test('an end and a reset are passed on as themselves', async () => {
  const silent = () => new Side(() => undefined);
  const stage = await stageOf(silent(), silent());
  const ending = await stage.talk(get('/', 'ada'));
  await expect.poll(() => stage.service.received[0], SOON).toBe(get('/', 'ada'));
  ending.socket.end();
  await expect.poll(() => stage.service.endings[0], SOON).toBe('end');
  await expect.poll(() => ending.ending, SOON).toBe('end');

  const resetting = await stage.talk(get('/', 'ada'));
  await expect.poll(() => stage.service.received[1], SOON).toBe(get('/', 'ada'));
  resetting.socket.resetAndDestroy();
  await expect.poll(() => stage.service.endings[1], SOON).toBe('ECONNRESET');

  const wasReset = await stage.talk(get('/'));
  await expect.poll(() => stage.target.received[0], SOON).toBe(get('/'));
  stage.target.sockets[0]?.resetAndDestroy();
  await expect.poll(() => wasReset.ending, SOON).toBe('ECONNRESET');

  const cut = await stage.talk(`${get('/', 'ada').slice(0, -2)}Content-Length: 9\r\n\r\nhal`);
  await expect.poll(() => stage.service.received[2], SOON).toContain('hal');
  cut.socket.end();
  await expect.poll(() => stage.service.endings[2], SOON).toBe('end');

  const half = await stage.talk('GET / HT');
  half.socket.end();
  await expect.poll(() => stage.target.received[1], SOON).toBe('GET / HT');
  await expect.poll(() => stage.target.endings[1], SOON).toBe('end');
});

test('what does not go on in time is left to the target', async () => {
  const silent = () => new Side(() => undefined);
  const stage = await stageOf(silent(), silent(), { patienceMs: 30 });
  for (const [at, bytes] of [
    'GET / HTTP/1.1\r\nX-User: ada\r\n',
    'POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n{"user":"ada"',
  ].entries()) {
    const talker = await stage.talk(bytes);
    await expect.poll(() => stage.target.received[at], SOON).toBe(bytes);
    talker.say('more');
    await expect.poll(() => stage.target.received[at], SOON).toBe(`${bytes}more`);
  }
  expect(stage.service.received).toEqual([]);
});

test('a side that ends while the other has the last word is connected anew when needed', async () => {
  const stage = await stageOf(echo('service'), echo('target'));
  const talker = await stage.talk(get('/1', 'ada') + get('/2'));
  let all = response('service/1') + response('target/2');
  await hears(talker, all);
  stage.service.sockets[0]?.end();
  await expect.poll(() => stage.service.endings[0], SOON).toBe('end');
  talker.say(get('/3', 'ada'));
  all += response('service/3');
  await hears(talker, all);
  expect(stage.service.sockets).toHaveLength(2);
  stage.service.sockets[1]?.write('HTTP/1.1 408 Request Timeout\r\n\r\n');
  stage.service.sockets[1]?.end();
  await expect.poll(() => talker.ending, SOON).toBe('end');
  expect(talker.heard).toBe(`${all}HTTP/1.1 408 Request Timeout\r\n\r\n`);
});

test('a service that refuses is told to the client whose request it is; one that is not there is the target’s matter', async () => {
  const refuse = () => Promise.reject(new Error('ECONNREFUSED'));
  const refused = await stageOf(echo('service'), echo('target'), { openService: refuse });
  const talker = await refused.talk(get('/1'));
  await hears(talker, response('target/1'));
  talker.heard = '';
  talker.say(`POST / HTTP/1.1\r\nX-User: ada\r\nContent-Length: 9\r\n\r\nbody`);
  await expect.poll(() => talker.ending, SOON).toBe('end');
  expect(talker.heard).toMatch(
    /^HTTP\/1.1 502 Bad Gateway\r\n(.+\r\n)+\r\nrefused: Error: ECONNREFUSED\n$/,
  );
  expect(refused.target.received).toEqual([get('/1')]);

  const nobody = { openService: () => Promise.resolve(undefined) };
  const away = await stageOf(echo('service'), echo('target'), nobody);
  await hears(await away.talk(get('/1', 'ada')), response('target/1'));
});

test('behind an answer that ends with the connection nothing is taken, and the client’s end is noticed', async () => {
  const closing = new Side((text, socket) => {
    if (text.includes('/1')) socket.end('HTTP/1.0 200 OK\r\n\r\nhello');
    return undefined;
  });
  const stage = await stageOf(closing, echo('target'));
  const talker = await stage.talk(get('/1', 'ada') + get('/2').repeat(5000));
  await expect.poll(() => talker.ending, SOON).toBe('end');
  expect(talker.heard).toBe('HTTP/1.0 200 OK\r\n\r\nhello');
  talker.socket.end();
  await expect.poll(() => closing.endings[0], SOON).toBe('end');
  await expect.poll(() => talker.socket.closed, SOON).toBe(true);
  expect(stage.target.received).toEqual([]);
});

test('an answer waits for the client that does not read it, and arrives whole', async () => {
  const size = 32 << 20;
  const block = Buffer.alloc(1 << 20, 'x');
  const sending = new Side((_text, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    for (let sent = 0; sent < size; sent += block.length) socket.write(block);
    return undefined;
  });
  const stage = await stageOf(sending, echo('target'));
  const talker = await stage.talk();
  talker.socket.pause();
  talker.say(get('/', 'ada'));
  await expect.poll(() => sending.sockets[0]?.writableLength, SOON).toBeGreaterThan(1 << 20);
  talker.socket.resume();
  await expect.poll(() => talker.heard.length, SOON).toBeGreaterThan(size);
  talker.heard = '';
  talker.say(get('/2'));
  await hears(talker, response('target/2'));
});

test('an upload waits for the side that does not read it, and arrives whole', async () => {
  const size = 32 << 20;
  let count = 0;
  const slow = new Side(() => undefined);
  slow.server.on('connection', (socket) => {
    socket.pause();
    socket.on('data', (chunk) => {
      count += chunk.length;
    });
  });
  const stage = await stageOf(slow, echo('target'));
  const head = `PUT / HTTP/1.1\r\nX-User: ada\r\nContent-Length: ${size}\r\n\r\n`;
  const talker = await stage.talk(head);
  const block = Buffer.alloc(1 << 20, 'x');
  for (let sent = 0; sent < size; sent += block.length) talker.socket.write(block);
  await expect.poll(() => slow.sockets.length, SOON).toBe(1);
  // Written once, the kernel's and our own buffers full: the rest waits with the client.
  await expect.poll(() => talker.socket.writableLength, SOON).toBeGreaterThan(1 << 20);
  slow.sockets[0]?.resume();
  await expect.poll(() => count, SOON).toBe(head.length + size);
});
