import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { kdevError } from '../errors/kdev-error.ts';
import type { SessionEvent } from './control.ts';
import { connectControl } from './control-client.ts';
import { type ControlHandlers, serveControl } from './control-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'kdev-unit-'));
const path = join(folder, 'control.sock');
const nothing = () => Promise.resolve({});
const never = () => new Promise<never>(() => undefined);
const step: SessionEvent = { kind: 'step', subject: 'agent a', state: 'done', words: 'ready' };

let gone: Promise<unknown>;
let server: { close(): void };

beforeEach(async () => {
  let left: (value: unknown) => void = () => undefined;
  gone = new Promise((resolve) => {
    left = resolve;
  });
  const handlers: ControlHandlers = {
    up: (_, { tell }) => {
      tell(step);
      return Promise.resolve({ session: 'abc', before: {}, services: [], failed: [] });
    },
    settle: () => Promise.reject(kdevError('TARGET_GONE', { fact: 'gone', hints: [hint] })),
    attach: (_, caller) => {
      caller.gone.addEventListener('abort', left);
      return never();
    },
    status: never,
    facts: never,
    incoming: never,
    environment: never,
    explain: never,
    release: () => Promise.reject(new TypeError('a slip')),
    end: nothing,
    gone: nothing,
  };
  server = await serveControl({ path, version: '1.0.0', handlers, log: () => undefined });
});

afterEach(() => {
  server.close();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hint = { who: 'you', text: 'look' } as const;

async function client(version = '1.0.0') {
  const connected = await connectControl(path, version);
  if (!connected) throw new Error('nobody listens');
  return connected;
}

test('events come before the result', async () => {
  const events: SessionEvent[] = [];
  const cli = await client();
  const request = {
    project: 'p',
    directory: '/',
    files: [],
    kubeconfig: undefined,
    imageBase: undefined,
    publishes: [],
    services: [],
    failFast: false,
    isWhole: true,
    former: [],
  };
  const result = await cli.call('up', request, (event) => events.push(event));
  expect([result, events]).toEqual([
    { session: 'abc', before: {}, services: [], failed: [] },
    [step],
  ]);
  cli.close();
});

test('an error keeps its code, a slip becomes a bug', async () => {
  const cli = await client();
  await expect(cli.call('settle', {})).rejects.toMatchObject({ code: 'KDEV5007', hints: [hint] });
  await expect(cli.call('release', {})).rejects.toMatchObject({ code: 'KDEV9001' });
  cli.close();
});

test('the session sees that a command is gone', async () => {
  const cli = await client();
  const attached = expect(cli.call('attach', {})).rejects.toMatchObject({ code: 'KDEV8002' });
  cli.close();
  await gone;
  await attached;
});

test('another version may only release and end', async () => {
  const cli = await client('2.0.0');
  await expect(cli.call('status', {})).rejects.toMatchObject({ code: 'KDEV8005' });
  expect(await cli.call('end', { containers: 'stay' })).toEqual({});
  cli.close();
});

test('the end of the session rejects what is under way', async () => {
  const cli = await client();
  const waiting = cli.call('status', {});
  server.close();
  await expect(waiting).rejects.toMatchObject({ code: 'KDEV8002' });
});

test('nobody listening is no error', async () => {
  expect(await connectControl(join(folder, 'absent.sock'), '1.0.0')).toBeUndefined();
});

test.each([
  ['garbage', Buffer.from([0, 1, 2, 10])],
  ['another method', Buffer.from('{"id":1,"version":"1.0.0","method":"toString","params":{}}\n')],
  ['a long line', Buffer.alloc(2 * 1024 * 1024, 0x20)],
])('%s is answered in words', async (_, bytes) => {
  const socket = net.connect(path);
  socket.on('error', () => undefined);
  socket.write(bytes);
  const [answer] = await new Promise<Buffer[]>((resolve) => {
    socket.once('data', (chunk: Buffer) => resolve([chunk]));
  });
  expect(JSON.parse(String(answer))).toMatchObject({ error: { code: 'KDEV8005' } });
  socket.destroy();
});

test('a socket of something else is told from a session', async () => {
  const other = net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const place = join(folder, 'other.sock');
  await new Promise<void>((resolve) => other.listen(place, resolve));
  const cli = await connectControl(place, '1.0.0');
  await expect(cli?.call('status', {})).rejects.toMatchObject({ code: 'KDEV8005' });
  other.close();
});
