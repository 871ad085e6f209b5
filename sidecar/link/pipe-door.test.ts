import { mkdtemp, rm, stat } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodePreamble } from '../../src/protocol/preamble.ts';
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

function bring(bytes: Buffer): net.Socket {
  const pipe = net.connect(join(directory, LINK_SOCKET));
  pipe.on('error', () => undefined);
  pipe.write(bytes);
  pipe.resume();
  pipes.push(pipe);
  return pipe;
}

const closed = (pipe: net.Socket) => new Promise((resolve) => pipe.once('close', resolve));
const soon = () => AbortSignal.timeout(4_000);

test('everybody who reaches the directory may connect', async () => {
  expect((await stat(join(directory, LINK_SOCKET))).mode & 0o777).toBe(0o666);
});

test('a pipe that shows its key is handed to who waits, whole behind the preamble', async () => {
  const next = door.next(soon());
  bring(Buffer.concat([encodePreamble(key), Buffer.from('hello')]));
  const { pipe, key: shown } = await next;
  expect(shown).toEqual(key);
  const data = new Promise((resolve) => pipe.once('data', resolve));
  pipe.resume();
  expect(String(await data)).toBe('hello');
});

test('a newer pipe replaces the one that waits and the one in use', async () => {
  const used = bring(encodePreamble(key));
  await door.next(soon());
  const waiting = bring(encodePreamble(key));
  await closed(used);
  bring(encodePreamble(key));
  await closed(waiting);
  const { pipe } = await door.next(soon());
  expect(pipe.destroyed).toBe(false);
});

test('another key, and what is no preamble, is turned away and changes nothing', async () => {
  const next = door.next(soon());
  bring(encodePreamble(key));
  const { pipe } = await next;
  await closed(bring(encodePreamble({ ...key, secret: Buffer.alloc(32, 8) })));
  await closed(bring(Buffer.alloc(100, 'x')));
  expect(problems).toHaveLength(2);
  expect(problems[0]).toContain('another session');
  expect(pipe.destroyed).toBe(false);
});

test('at most eight pipes may take their time with the key', async () => {
  const slow = Array.from({ length: 8 }, () => bring(Buffer.from('KDEV')));
  await Promise.all(slow.map((pipe) => new Promise((resolve) => pipe.once('connect', resolve))));
  await closed(bring(Buffer.from('KDEV')));
  expect(problems).toEqual(['too many pipes without a key']);
});

test('nobody waits longer than the signal says', async () => {
  await expect(door.next(AbortSignal.timeout(10))).rejects.toThrow('timeout');
  const next = door.next(soon());
  bring(encodePreamble(key));
  expect((await next).key.id).toBe(key.id);
});

test('a socket that an earlier sidecar left is replaced', async () => {
  const journal = { problem: () => undefined };
  const again = await PipeDoor.open({ directory, journal });
  const next = again.next(soon());
  bring(encodePreamble(key));
  await next;
  again.close();
});
