// What target and service of scenario 12 run: HTTP/1.1 in all of its forms on 8080, a protocol whose server speaks first on 8025.
import { createHash } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';

const name = process.env.NAME;
const server = http.createServer({ requestTimeout: 0 }, (request, response) => {
  const route = routes[request.url.split('?')[0]] ?? echo;
  route(request, response);
});

function answer(response, told) {
  response.end(JSON.stringify({ name, ...told }));
}

async function lengthOf(request) {
  let length = 0;
  for await (const chunk of request) length += chunk.length;
  return length;
}

async function echo(request, response) {
  const length = await lengthOf(request);
  const { method, url, rawHeaders, rawTrailers } = request;
  answer(response, { method, url, length, rawHeaders, rawTrailers });
}

const routes = {
  '/early'(_request, response) {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.writeHead(200, 'Quite Fine', { 'X-oDD-Case': '1', Trailer: 'X-Sum' });
    response.write(name);
    response.addTrailers({ 'X-Sum': '42' });
    response.end();
  },
  '/back': (request, response) => request.pipe(response),
  '/204': (_request, response) => response.writeHead(204).end(),
  '/304': (_request, response) => response.writeHead(304, { etag: '"1"' }).end(),
  '/events'(request, response) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let left = 3;
    const timer = setInterval(() => {
      response.write(`data: ${name} ${left}\n\n`);
      left -= 1;
      if (left === 0) clearInterval(timer);
    }, 20);
    request.socket.on('close', () => {
      clearInterval(timer);
      gone += 1;
    });
  },
  '/gone': (_request, response) => answer(response, { gone }),
  '/cut'(_request, response) {
    response.writeHead(200, { 'content-length': 100 });
    response.write(name, () => response.socket.destroy());
  },
  // Listens on, but not where it is looked for.
  '/hide'(_request, response) {
    server.close();
    server.listen(8080, '127.0.0.2', () => answer(response, {}));
  },
  '/stop'(_request, response) {
    server.close();
    answer(response, {});
  },
};
let gone = 0;

server.on('upgrade', (request, socket, head) => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  const lines = ['HTTP/1.1 101 Switching', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write([...lines, `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
  socket.on('error', () => undefined);
  const take = (frame) => {
    const mask = frame.subarray(2, 6);
    const text = frame.subarray(6, 6 + (frame[1] & 127)).map((byte, at) => byte ^ mask[at % 4]);
    if ((frame[0] & 15) === 8) {
      socket.end(Buffer.from([0x88, 0]));
      return;
    }
    const words = Buffer.from(`${name} heard ${Buffer.from(text)}`);
    socket.write(Buffer.concat([Buffer.from([0x81, words.length]), words]));
  };
  if (head.length > 0) take(head);
  socket.on('data', take);
});
server.listen(8080, '0.0.0.0');

net
  .createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(`220 ${name}\r\n`);
    socket.pipe(socket);
  })
  .listen(8025, '0.0.0.0');
