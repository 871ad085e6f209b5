import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { connectEngine, type Engine } from '../../src/docker/engine.ts';
import { openExecPipe } from '../../src/docker/exec-pipe.ts';
import { run } from '../run/shell.ts';

let engine: Engine;
let container: string;

beforeAll(async () => {
  engine = await connectEngine();
  const { image } = inject('ground');
  container = await run('docker', [
    'run',
    '--detach',
    '--rm',
    '--network=none',
    image,
    'sleep',
    '600',
  ]);
});
afterAll(() => run('docker', ['rm', '--force', container]));

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test('20 MB come back from a command as they were sent, and the end of input reaches it', async () => {
  const pipe = await openExecPipe(engine, container, ['cat']);
  const sent = randomBytes(20_000_000);
  const received = pipe.toArray();
  pipe.end(sent);
  expect(sha(Buffer.concat(await received))).toBe(sha(sent));
});

test('a relay to a unix socket that nobody listens on ends, with its complaint', async () => {
  const relay = ['socat', '-b', '131072', 'STDIO', 'UNIX-CONNECT:/nowhere.sock'];
  const pipe = await openExecPipe(engine, container, relay);
  expect(await pipe.toArray()).toEqual([]);
  expect(pipe.complaint).toContain('No such file or directory');
});

test('a reader that stands still holds the command up, not this process', async () => {
  const pipe = await openExecPipe(engine, container, ['cat', '/dev/zero']);
  await new Promise((resolve) => pipe.once('readable', resolve));
  const before = process.memoryUsage().rss;
  await delay(1_000);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  pipe.destroy();
});

test('a command that is not there is refused in the engine’s words', async () => {
  const pipe = await openExecPipe(engine, container, ['/no/such/program']).catch((error) => error);
  if (pipe instanceof Error) {
    expect(pipe).toMatchObject({ code: 'KDEV12004' });
    return;
  }
  const said = Buffer.concat(await pipe.toArray()).toString() + pipe.complaint;
  expect(said).toContain('no such file or directory');
});

test('a container that is gone is an error', async () => {
  await expect(openExecPipe(engine, 'f'.repeat(64), ['true'])).rejects.toMatchObject({
    code: 'KDEV12004',
    evidence: expect.stringContaining('No such container'),
  });
});
