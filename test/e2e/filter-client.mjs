// A client of scenario 12 in a pod: asks for everything twice, as ada and as bob; prints what each heard, as JSON.
import http from 'node:http';
import net from 'node:net';

const host = 'orders';
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const ports = new Set();

/** One request on the one connection. */
function ask(user, path, { method = 'GET', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const options = {
      host,
      port: 8080,
      path,
      method,
      agent,
      headers: { 'X-User': user, ...headers },
    };
    const told = { interim: [] };
    const request = http.request(options, (response) => {
      ports.add(response.socket.localPort);
      const { statusCode: status, statusMessage, rawHeaders } = response;
      let text = '';
      let length = 0;
      response.on('data', (chunk) => {
        length += chunk.length;
        if (text.length < 4096) text += chunk.subarray(0, 4096);
      });
      response.on('error', ({ code }) => resolve({ ...told, status, text, error: code }));
      response.on('end', () => {
        const { rawTrailers } = response;
        const own = rawHeaders.filter(
          (_, at) => !/^(date|keep-alive)$/i.test(rawHeaders[at - (at % 2)]),
        );
        resolve({ ...told, status, statusMessage, rawHeaders: own, rawTrailers, text, length });
      });
    });
    request.on('error', reject);
    request.on('information', ({ statusCode }) => told.interim.push(statusCode));
    if (headers.Expect) request.on('continue', () => request.end(body));
    else if (typeof body === 'function') body(request);
    else request.end(body);
    if (headers.Expect) request.flushHeaders();
  });
}

function chunked(request) {
  request.write('first');
  request.write(' and second');
  request.addTrailers({ 'X-Sum': '16' });
  request.end();
}

async function webSocket(user) {
  const socket = new WebSocket(`ws://${host}:8080/ws`, { headers: { 'x-user': user } });
  const heard = [];
  await new Promise((resolve, reject) => {
    socket.onerror = () => reject(new Error('the WebSocket failed'));
    socket.onopen = () => socket.send('hello');
    socket.onclose = resolve;
    socket.onmessage = ({ data }) => {
      heard.push(data);
      if (heard.length === 1) socket.send('again');
      else socket.close();
    };
  });
  return heard;
}

/** Three events, then the client leaves. */
async function events(user) {
  const leave = new AbortController();
  const headers = { 'x-user': user };
  const response = await fetch(`http://${host}:8080/events`, { headers, signal: leave.signal });
  let text = '';
  for await (const chunk of response.body) {
    text += new TextDecoder().decode(chunk);
    if (text.split('\n\n').length > 3) break;
  }
  leave.abort();
  return text;
}

async function everything(user) {
  return {
    get: await ask(user, '/a?b=c'),
    post: await ask(user, '/p', { method: 'POST', body: 'x'.repeat(200_000) }),
    chunked: await ask(user, '/c', { method: 'PUT', headers: { Trailer: 'X-Sum' }, body: chunked }),
    expect: await ask(user, '/x', {
      method: 'POST',
      headers: { Expect: '100-continue', 'Content-Length': 5 },
      body: 'hello',
    }),
    head: await ask(user, '/h', { method: 'HEAD' }),
    204: await ask(user, '/204'),
    304: await ask(user, '/304'),
    early: await ask(user, '/early'),
    webSocket: await webSocket(user),
    events: await events(user),
  };
}

/** All requests at once on one connection; who answered, in order. */
async function pipelined(...users) {
  const socket = net.connect({ host, port: 8080 });
  const last = users.length - 1;
  const texts = users.map((user, at) => {
    const close = at === last ? 'Connection: close\r\n' : '';
    return `GET /${at} HTTP/1.1\r\nHost: ${host}\r\nX-User: ${user}\r\n${close}\r\n`;
  });
  socket.write(texts.join(''));
  let text = '';
  for await (const chunk of socket) text += chunk;
  return [...text.matchAll(/"name":"([^"]*)"/g)].map(([, name]) => name);
}

async function banner() {
  const socket = net.connect({ host, port: 8025 });
  for await (const chunk of socket) return String(chunk);
}

/** A body of so many bytes; `/back` returns it while it goes. */
async function upload(user, path, bytes) {
  const block = Buffer.alloc(1 << 20, 'x');
  return await ask(user, path, {
    method: 'PUT',
    headers: { 'Content-Length': bytes },
    body: async (request) => {
      for (let left = bytes; left > 0; left -= block.length) {
        if (!request.write(block)) await new Promise((resolve) => request.once('drain', resolve));
      }
      request.end();
    },
  });
}

const commands = {
  async all() {
    const heard = { ada: await everything('ada'), bob: await everything('bob') };
    ports.clear();
    const turns = [];
    for (const user of ['ada', 'bob', 'bob', 'ada', 'bob']) turns.push(await ask(user, '/turn'));
    const order = await pipelined('bob', 'ada', 'ada', 'bob', 'bob', 'ada');
    return { heard, turns, order, connections: ports.size, banner: await banner() };
  },
  upload: (user, path, bytes) => upload(user, path, Number(bytes)),
  ask: (user, path) => ask(user, path),
};

const [, , command, ...args] = process.argv;
process.stdout.write(JSON.stringify(await commands[command](...args)));
agent.destroy();
