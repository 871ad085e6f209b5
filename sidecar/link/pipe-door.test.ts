import { mkdtemp, rm, stat } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodePreamble } from '../../src/protocol/preamble.ts';
import { acceptSecurePipe } from '../../src/tunnel/secure-pipe.ts';
import { LINK_SOCKET, PipeDoor } from './pipe-door.ts';

const key = { id: '0123456789abcdef0123456789abcdef', secret: Buffer.alloc(32, 7) };
const problems: string[] = [];
let directory: string;
let door: PipeDoor;
const pipes: net.Socket[] = [];

beforeEach(async () => {
  problems.length = 0;
  directory = await mkdtemp(join(os.tmpdir(), 'kdev-door-'));
  const journal = { problem: (_name: string, text: string) => problems.push(text) };
  door = await PipeDoor.open({ directory, journal });
});

afterEach(async () => {
  door.close();
  for (const pipe of pipes.splice(0)) pipe.destroy();
  await rm(directory, { recursive: true });
});

/** A pipe of the session, as far as it itself goes. */
function open(bytes: Buffer): net.Socket {
  const pipe = net.connect(join(directory, LINK_SOCKET));
  pipe.on('error', () => undefined);
  pipe.write(bytes);
  pipes.push(pipe);
  return pipe;
}

/** A whole pipe, with the agent at its other end. */
async function bring(): Promise<Duplex> {
  const { pipe, role } = await acceptSecurePipe(open(encodePreamble(key)), key, soon());
  expect(role).toBe('sidecar');
  pipe.on('error', () => undefined);
  pipe.resume();
  return pipe;
}

const closed = (pipe: Duplex) => {
  pipe.resume();
  return new Promise((resolve) => pipe.once('close', resolve));
};
const soon = () => AbortSignal.timeout(4_000);

test('everybody who reaches the directory may connect', async () => {
  expect((await stat(join(directory, LINK_SOCKET))).mode & 0o777).toBe(0o666);
});

test('a pipe that leads to the agent is handed to who waits', async () => {
  const next = door.next(soon());
  const agent = await bring();
  agent.write('hello');
  const pipe = await next;
  const data = new Promise((resolve) => pipe.once('data', resolve));
  expect(String(await data)).toBe('hello');
});

test('a newer pipe replaces the one that waits and the one in use', async () => {
  const used = await bring();
  await door.next(soon());
  const waiting = await bring();
  await closed(used);
  await bring();
  await closed(waiting);
  expect((await door.next(soon())).destroyed).toBe(false);
});

test('an agent without the key is refused, and replaces nothing', async () => {
  await bring();
  const pipe = await door.next(soon());
  const wrong = { ...key, secret: Buffer.alloc(32, 9) };
  const stranger = open(encodePreamble(key));
  await expect(acceptSecurePipe(stranger, wrong, soon())).rejects.toThrow();
  await expect.poll(() => problems).toHaveLength(1);
  expect(pipe.destroyed).toBe(false);
});

test('another key, and what is no preamble, is turned away and changes nothing', async () => {
  await bring();
  const pipe = await door.next(soon());
  await closed(open(encodePreamble({ ...key, secret: Buffer.alloc(32, 8) })));
  await closed(open(Buffer.alloc(100, 'x')));
  expect(problems).toHaveLength(2);
  expect(problems[0]).toContain('another session');
  expect(pipe.destroyed).toBe(false);
});

test('at most eight pipes may take their time with the key', async () => {
  const slow = Array.from({ length: 8 }, () => open(Buffer.from('KDEV')));
  await Promise.all(slow.map((pipe) => new Promise((resolve) => pipe.once('connect', resolve))));
  await closed(open(Buffer.from('KDEV')));
  expect(problems).toEqual(['too many pipes without a key']);
});

test('nobody waits longer than the signal says', async () => {
  await expect(door.next(AbortSignal.timeout(10))).rejects.toThrow('timeout');
  const next = door.next(soon());
  await bring();
  await next;
});

test('a socket that an earlier sidecar left is replaced', async () => {
  const again = await PipeDoor.open({ directory, journal: { problem: () => undefined } });
  const next = again.next(soon());
  await bring();
  await next;
  again.close();
});
