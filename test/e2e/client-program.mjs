// What a pod of the cluster does as a client: `node --input-type=module - COMMAND JSON < this file`, one JSON line a result.
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const commands = { request, keepAlive, pipeline, watch, raw, api };
const [, , command, args] = process.argv;
await commands[command](JSON.parse(args));

function print(result) {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** One request, on a connection of its own unless an agent is given. */
function ask({ url, method = 'GET', headers, timeoutMs = 10_000, ca, ...rest }, agent = false) {
  const startedAt = performance.now();
  const body = rest.bodyLength === undefined ? rest.body : 'x'.repeat(rest.bodyLength);
  return new Promise((resolve) => {
    const done = (result) =>
      resolve({ ...result, elapsedMs: Math.round(performance.now() - startedAt) });
    const client = url.startsWith('https:') ? https : http;
    const length = body ? { 'content-length': Buffer.byteLength(body) } : {};
    const options = { method, headers: { ...length, ...headers }, agent, ca };
    const request = client.request(url, options, (response) => {
      const local = { address: response.socket.localAddress, port: response.socket.localPort };
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', ({ code }) => done({ error: code }));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        done({ status: response.statusCode, body: parsed(text), local });
      });
    });
    request.on('error', ({ code, message }) => done({ error: code ?? message }));
    request.setTimeout(timeoutMs, () => {
      request.destroy(Object.assign(new Error('late'), { code: 'timeout' }));
    });
    request.end(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function request(options) {
  print(await ask(options));
}

/** Several requests, one after another on one connection. */
async function keepAlive({ url, count }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const answers = [];
  for (let index = 0; index < count; index += 1) {
    answers.push(await ask({ url: `${url}?n=${index}` }, agent));
  }
  agent.destroy();
  print(answers);
}

/** Requests written at once on one connection; the names of the apps that answered, in order. */
async function pipeline({ host, port, paths }) {
  const socket = net.connect({ host, port });
  const requests = paths.map((path, index) => {
    const last = index === paths.length - 1 ? 'Connection: close\r\n' : '';
    return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${last}\r\n`;
  });
  socket.write(requests.join(''));
  let text = '';
  for await (const chunk of socket) text += chunk;
  print({ apps: [...text.matchAll(/"app": ?"([^"]*)"/g)].map(([, app]) => app) });
}

/** Asks every so often, each time on a new connection and whatever became of the others, until it is stopped; one line an answer. */
async function watch({ url, everyMs, timeoutMs }) {
  for (let n = 0; ; n += 1) {
    const told = ({ status, body, error, elapsedMs }) =>
      print({ n, at: Date.now(), status, app: body?.app, error, elapsedMs });
    ask({ url: `${url}?n=${n}`, timeoutMs }).then(told, (error) => told({ error: String(error) }));
    await delay(everyMs);
  }
}

/**
 * One raw connection: the line, then `bytes` random bytes, sent before or after the other side has ended its stream, and
 * read to the end. With `reset` the connection is reset once so many bytes have come back.
 */
async function raw({ host, port, line, bytes = 0, after = 'nothing', reset }) {
  const socket = net.connect({ host, port, allowHalfOpen: true });
  const received = createHash('sha256');
  const sent = createHash('sha256');
  const result = { bytes: 0, ended: undefined, text: '' };
  const over = new Promise((resolve) => {
    socket.on('end', () => resolve('eof'));
    socket.on('error', ({ code }) => resolve(code));
    socket.on('close', () => resolve('reset by us'));
  });
  socket.on('data', (chunk) => {
    result.bytes += chunk.length;
    received.update(chunk);
    if (result.text.length < 64) result.text += chunk.subarray(0, 64).toString('latin1');
    if (reset !== undefined && result.bytes >= reset) socket.resetAndDestroy();
  });
  socket.write(`${line}\n`);
  if (after === 'their end') result.ended = await over;
  await sendRandom(socket, bytes, sent);
  socket.end();
  result.ended = await over;
  print({ ...result, received: received.digest('hex'), sent: sent.digest('hex') });
  socket.destroy();
}

async function sendRandom(socket, bytes, hash) {
  for (let left = bytes; left > 0 && socket.writable; left -= 65_536) {
    const chunk = randomBytes(Math.min(left, 65_536));
    hash.update(chunk);
    if (!socket.write(chunk)) {
      await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
    }
  }
}

/** The Kubernetes API as a pod asks it: with the account's files. */
async function api({ path }) {
  const folder = '/var/run/secrets/kubernetes.io/serviceaccount';
  const token = fs.readFileSync(`${folder}/token`, 'utf8');
  const ca = fs.readFileSync(`${folder}/ca.crt`);
  print(
    await ask({
      url: `https://kubernetes.default.svc${path}`,
      ca,
      headers: { authorization: `Bearer ${token}` },
    }),
  );
}
