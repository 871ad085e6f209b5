import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import { findComposeFiles } from './compose-files.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kdev-test-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function write(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function find(line: string, { at = '.', env = {} as Record<string, string> } = {}) {
  const { envFileHas, ...found } = findComposeFiles(
    parseCommandLine(line.split(' ').filter(Boolean), []),
    { directory: join(root, at), environment: env },
  );
  const relative = (path: string) => path.replace(root, '').replace(/^\//, '') || '.';
  return {
    ...found,
    files: found.files.map(relative),
    directory: relative(found.directory),
    envFileHas,
  };
}

test('the nearest default file above, with its override', () => {
  write('compose.yaml');
  write('compose.override.yml');
  write('docker-compose.yml');
  write('deep/er/x');
  expect(find('up', { at: 'deep/er' })).toMatchObject({
    files: ['compose.yaml', 'compose.override.yml'],
    directory: '.',
    fromStandardInput: false,
  });
});

test('-f, COMPOSE_FILE of the environment, COMPOSE_FILE of .env, in this order', () => {
  write('compose.yaml');
  write('.env', '# no\nCOMPOSE_FILE="dev/a.yaml:b.yaml" # c\nexport COMPOSE_PROFILES=x,y # z\n');
  expect(find('up')).toMatchObject({ files: ['dev/a.yaml', 'b.yaml'], directory: 'dev' });
  expect(find('up').profiles).toEqual(['x', 'y']);
  expect(find('up', { env: { COMPOSE_FILE: 'c.yaml' } })).toMatchObject({ files: ['c.yaml'] });
  expect(find('-f sub/d.yaml -f e.yaml up', { env: { COMPOSE_FILE: 'c.yaml' } })).toMatchObject({
    files: ['sub/d.yaml', 'e.yaml'],
    directory: 'sub',
  });
});

test('the directory that was named; the standard input', () => {
  expect(find('--project-directory other -f - up')).toMatchObject({
    files: [],
    fromStandardInput: true,
    directory: 'other',
  });
});

test('profiles of flags, else of the environment, else of .env', () => {
  write('.env', 'COMPOSE_PROFILES=of-file\n');
  const env = { COMPOSE_PROFILES: 'c, d' };
  expect(find('--profile a --profile b up', { env }).profiles).toEqual(['a', 'b']);
  expect(find('up', { env }).profiles).toEqual(['c', 'd']);
  expect(find('up').profiles).toEqual(['of-file']);
});

test('.env lies beside the first file, or in the directory that was named', () => {
  write('.env', 'HERE=1\n');
  write('sub/.env', 'SUB=1\n');
  write('sub/compose.yaml');
  const has = (line: string, env = {}) =>
    ['HERE', 'SUB'].filter(find(line, { env }).envFileHas).join();
  expect(has('up')).toBe('HERE');
  expect(has('-f sub/compose.yaml up')).toBe('SUB');
  expect(has('up', { COMPOSE_FILE: 'sub/compose.yaml' })).toBe('SUB');
  expect(has('--project-directory sub up')).toBe('SUB');
  expect(find('--project-directory sub up').files).toEqual(['sub/compose.yaml']);
  expect(has('up', { COMPOSE_ENV_FILES: '.env,sub/.env' })).toBe('HERE,SUB');
  expect(has('up', { COMPOSE_DISABLE_ENV_FILE: 'true' })).toBe('');
  mkdirSync(join(root, 'folder/.env'), { recursive: true });
  expect(has('--project-directory folder up')).toBe('');
});

test('which names the env files give', () => {
  write('other.env', 'TOKEN: x\n  export NAME=1\nnot a line\n');
  const { envFileHas } = find('--env-file other.env up');
  expect(['TOKEN', 'NAME', 'not', 'X'].filter(envFileHas)).toEqual(['TOKEN', 'NAME']);
});
