import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readSessionLog } from './read-session-log.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kdev-log-'));
  path = join(folder, 'session.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;

async function read(tail?: number): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of readSessionLog(path, { isFollowed: false, tail, signal: never })) {
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

test('all of it, the last lines, and nothing where there is no log', async () => {
  expect(await read()).toBe('');
  expect(await read(2)).toBe('');
  writeFileSync(path, 'one\ntwo\nthree\n');
  expect(await read()).toBe('one\ntwo\nthree\n');
  expect(await read(2)).toBe('two\nthree\n');
  expect(await read(9)).toBe('one\ntwo\nthree\n');
  expect(await read(0)).toBe('');
});

test('followed, it brings what is written later, and a log that was begun anew', async () => {
  writeFileSync(path, 'old\nlast\n');
  const stop = new AbortController();
  const how = { isFollowed: true, tail: 1, signal: stop.signal };
  const pieces = readSessionLog(path, how);
  const next = async () => String((await pieces.next()).value);
  expect(await next()).toBe('last\n');
  appendFileSync(path, 'more\n');
  expect(await next()).toBe('more\n');
  writeFileSync(path, 'anew\n');
  expect(await next()).toBe('anew\n');
  stop.abort();
  expect((await pieces.next()).done).toBe(true);
});
