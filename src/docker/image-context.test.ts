import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readImageContext } from './image-context.ts';

const root = mkdtempSync(join(tmpdir(), 'kdev-unit-'));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), path);
}

test('the Dockerfile and the programs, with their modules where Node looks for them', () => {
  for (const path of ['sidecar.mjs', 'agent.mjs', 'modules/koffi/index.js']) {
    write(`dist/programs/${path}`);
  }
  write('compose-templates/Dockerfile');
  write('dist/kdev.mjs');
  const archive = readImageContext(root);
  const list = execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' });
  expect(list.trim().split('\n')).toEqual([
    'Dockerfile',
    'programs/agent.mjs',
    'programs/node_modules/koffi/index.js',
    'programs/sidecar.mjs',
  ]);
});

test('programs that are not built are told', () => {
  write('dist/programs/agent.mjs');
  expect(() => readImageContext(root)).toThrow('are not built');
});
