import { rm } from 'node:fs/promises';
import net from 'node:net';
import { type Answers, ASKED_BYTES, type Asked } from './asked.ts';

const CONNECTIONS_MAX = 16;
const ASK_MS = 2_000;

export type Serve = {
  readonly [A in Asked as A['ask']]: (asked: A) => Promise<Answers[A['ask']]>;
};

/**
 * Answers what is asked on the socket: a line of JSON each way, then the connection ends. Whoever asks something else, or
 * nothing in time, is left without an answer. What it returns stops it.
 */
export async function serveAsked(path: string, serve: Serve): Promise<() => void> {
  await rm(path, { force: true });
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined); // who asked is gone
    answer(socket, serve).catch(() => socket.destroy());
  });
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return () => server.close();
}

async function answer(socket: net.Socket, serve: Serve): Promise<void> {
  const asked: Asked = JSON.parse(await readLine(socket));
  const value = asked.ask === 'explain' ? await serve.explain(asked) : await serve.status(asked);
  socket.end(`${JSON.stringify(value)}\n`);
}

async function readLine(socket: net.Socket): Promise<string> {
  const timer = setTimeout(() => socket.destroy(), ASK_MS);
  let line = '';
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on('data', (chunk) => {
        line += chunk.toString();
        if (line.includes('\n')) resolve();
        else if (line.length > ASKED_BYTES) reject(new Error('the question is too long'));
      });
      socket.once('close', () => reject(new Error('nothing was asked')));
    });
    return line;
  } finally {
    clearTimeout(timer);
  }
}
