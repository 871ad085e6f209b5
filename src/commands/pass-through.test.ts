import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseCommandLine } from '../compose/command-line.ts';
import { passThrough } from './pass-through.ts';

/* A program in the place of `docker` writes down what it got. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kdev-test-'));
  const docker = join(folder, 'docker');
  writeFileSync(docker, `#!/bin/sh\n(echo "$@"; cat) > ${folder}/got\nexit 7\n`);
  chmodSync(docker, 0o755);
  vi.stubEnv('PATH', `${folder}:${process.env['PATH']}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('a compose file that came by the standard input reaches Compose', async () => {
  const commandLine = parseCommandLine(['-f', '-', 'ps'], []);
  const before = process.listenerCount('SIGTERM');
  expect(await passThrough(commandLine, Buffer.from('services: {}\n'))).toBe(7);
  expect(readFileSync(join(folder, 'got'), 'utf8')).toBe('compose -f - ps\nservices: {}\n');
  expect(process.listenerCount('SIGTERM')).toBe(before);
});
