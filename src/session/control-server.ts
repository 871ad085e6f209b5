import { rmSync } from 'node:fs';
import net from 'node:net';
import { asKdevError, kdevError } from '../errors/kdev-error.ts';
import {
  type ControlAnswer,
  type ControlApi,
  type ControlMethod,
  REQUEST_BYTES,
  type SessionEvent,
} from './control.ts';
import { jsonLine, readJsonLines } from './json-lines.ts';

/** One request's surroundings. */
export interface Caller {
  readonly tell: (event: SessionEvent) => void;
  /** Aborts when the cli's connection is gone. */
  readonly gone: AbortSignal;
}

export type ControlHandlers = {
  readonly [M in ControlMethod]: (
    params: ControlApi[M]['params'],
    caller: Caller,
  ) => Promise<ControlApi[M]['result']>;
};

export interface ControlServerOptions {
  readonly path: string;
  readonly version: string;
  readonly handlers: ControlHandlers;
  readonly log: (text: string) => void;
}

const connectionsMax = 32;
/** What every version of kdev may ask of every other: to leave. */
const ofAnyVersion: ReadonlySet<string> = new Set([
  'release',
  'end',
  'gone',
] satisfies ControlMethod[]);

/** Listens for commands of this user. Whoever sends what is no request is told so and disconnected. */
export async function serveControl(options: ControlServerOptions): Promise<{ close(): void }> {
  const { path, log } = options;
  const connections = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serveConnection(socket, options).catch((error: unknown) => {
      log(`control: ${error instanceof Error ? error.message : String(error)}`);
      socket.destroy();
    });
  });
  server.maxConnections = connectionsMax;
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  const close = () => {
    server.close();
    for (const socket of connections) socket.destroySoon();
  };
  return { close };
}

async function serveConnection(socket: net.Socket, options: ControlServerOptions): Promise<void> {
  const left = new AbortController();
  socket.on('error', () => undefined);
  socket.once('close', () => left.abort(new Error('the command is gone')));
  const send = (answer: ControlAnswer) => {
    if (!socket.destroyed) socket.write(jsonLine(answer));
  };
  try {
    for await (const line of readJsonLines(socket, REQUEST_BYTES)) {
      // Answered side by side: `end` must come through while `up` is under way.
      answer(line, { options, send, gone: left.signal }).catch((error: unknown) => {
        options.log(`control: ${String(error)}`);
      });
    }
  } catch (cause) {
    if (left.signal.aborted) return;
    send({ id: 0, error: notARequest(String(cause)).toPlain() });
    throw cause;
  } finally {
    socket.destroySoon();
  }
}

interface Desk {
  readonly options: ControlServerOptions;
  readonly send: (answer: ControlAnswer) => void;
  readonly gone: AbortSignal;
}

async function answer(line: Readonly<Record<string, unknown>>, desk: Desk): Promise<void> {
  const { options, send, gone } = desk;
  const id = typeof line['id'] === 'number' ? line['id'] : 0;
  try {
    const handler = handlerFor(line, options);
    const tell = (event: SessionEvent) => send({ id, event });
    send({ id, result: await handler(line['params'] as never, { tell, gone }) });
  } catch (error) {
    if (gone.aborted) return;
    const { code, fact } = asKdevError(error);
    options.log(`${String(line['method'])} failed: ${code} ${fact}`);
    send({ id, error: asKdevError(error).toPlain() });
  }
}

function handlerFor(line: Readonly<Record<string, unknown>>, options: ControlServerOptions) {
  const { method, params, version } = line;
  const { handlers } = options;
  if (typeof method !== 'string' || !Object.hasOwn(handlers, method)) {
    throw notARequest(`method ${JSON.stringify(method)}`);
  }
  if (typeof params !== 'object' || params === null) throw notARequest('no params');
  if (version !== options.version && !ofAnyVersion.has(method)) {
    throw otherVersion(version, options.version);
  }
  return handlers[method as ControlMethod] as (params: never, caller: Caller) => Promise<unknown>;
}

function notARequest(evidence: string) {
  return kdevError('SESSION_UNINTELLIGIBLE', {
    fact: 'the session does not understand what it was sent',
    evidence,
    hints: [{ who: 'you', text: 'speak to the session through kdev only' }],
  });
}

function otherVersion(asked: unknown, own: string) {
  return kdevError('SESSION_UNINTELLIGIBLE', {
    fact: `the session was started by kdev ${own}, and this is kdev ${String(asked)}`,
    hints: [{ who: 'you', text: 'ends it; then start anew', command: 'kdev compose down' }],
  });
}
