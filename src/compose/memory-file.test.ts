import { spawnSync } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openMemoryFile } from './memory-file.ts';

test('a child reads it as often as it likes, and it has no name', () => {
  const text = 'grüße\n'.repeat(50_000);
  const file = openMemoryFile(text);
  expect(fstatSync(file.fd)).toMatchObject({ nlink: 0, size: Buffer.byteLength(text) });
  const script = 'cat /dev/fd/3; cat /dev/fd/3';
  const { stdout } = spawnSync('sh', ['-c', script], {
    stdio: ['ignore', 'pipe', 'inherit', file.fd],
    maxBuffer: 10_000_000,
  });
  file.close();
  file.close();
  expect(stdout.equals(Buffer.from(text + text))).toBe(true);
});
