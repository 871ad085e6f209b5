import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isLocked, releaseLock, takeLock } from './project-lock.ts';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kdev-lock-'));
  lock = join(folder, 'session.pid');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const deadPid = () => spawnSync('true').pid;

test('it is held by one, and free afterwards', () => {
  takeLock({ lock }, 'shop');
  expect(readFileSync(lock, 'utf8')).toBe(String(process.pid));
  expect(() => takeLock({ lock }, 'shop')).toThrow('a session of shop is starting or ending');
  expect(isLocked({ lock })).toBe(true);
  releaseLock({ lock });
  takeLock({ lock }, 'shop');
  expect(readdirSync(folder)).toEqual(['session.pid']);
});

test.each(['a dead process', 'nobody'])('one of %s is none', (whose) => {
  writeFileSync(lock, whose === 'nobody' ? '' : String(deadPid()));
  expect(isLocked({ lock })).toBe(false);
  takeLock({ lock }, 'shop');
  expect(isLocked({ lock })).toBe(true);
  expect(readdirSync(folder)).toEqual(['session.pid']);
});

test('a folder that cannot be written is no lock of somebody else', () => {
  const gone = join(folder, 'gone', 'session.pid');
  expect(() => takeLock({ lock: gone }, 'shop')).toThrow('ENOENT');
});
