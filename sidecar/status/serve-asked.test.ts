import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Explanation, SidecarStatus } from '../../src/protocol/launch.ts';
import { askSidecar } from './ask-sidecar.ts';
import { ASKED_BYTES } from './asked.ts';
import { serveAsked } from './serve-asked.ts';

let folder: string;
let path: string;
let close: () => void;

const status = { session: 's' } as SidecarStatus;
const explanation: Explanation = { kind: 'connection', addresses: [] };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kdev-asked-'));
  path = join(folder, 'asked.sock');
  close = await serveAsked(path, {
    status: () => Promise.resolve(status),
    explain: ({ question }) =>
      question.kind === 'path' ? Promise.reject(new Error('no')) : Promise.resolve(explanation),
  });
});
afterEach(() => {
  close();
  rmSync(folder, { recursive: true });
});

test('each question has its answer', async () => {
  expect(await askSidecar(path, { ask: 'status' })).toEqual(status);
  const question = { kind: 'connection', host: 'db' } as const;
  expect(await askSidecar(path, { ask: 'explain', question })).toEqual(explanation);
});

test('a failure is no answer', async () => {
  const question = { kind: 'path', path: '/' } as const;
  await expect(askSidecar(path, { ask: 'explain', question })).rejects.toThrow('does not answer');
});

test.each(['no json\n', 'null\n', `${'x'.repeat(ASKED_BYTES + 1)}`])(
  'what is no question ends without an answer',
  async (line) => {
    const socket = net.connect(path);
    socket.on('error', () => undefined);
    socket.write(line);
    expect(await text(socket).catch(() => '')).toBe('');
  },
);
