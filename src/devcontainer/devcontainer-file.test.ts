import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { composeWorkspace, readDevcontainer } from './devcontainer-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kdev-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(text: string, place = '.devcontainer/devcontainer.json'): void {
  mkdirSync(dirname(join(folder, place)), { recursive: true });
  writeFileSync(join(folder, place), text);
}

test('files are found from where devcontainer.json lies', () => {
  write('{"dockerComposeFile": ["../compose.yaml", "dev.yaml"], /* the one */ "service": "dev",}');
  expect(composeWorkspace(readDevcontainer(folder))).toEqual({
    service: 'dev',
    composeFiles: [join(folder, 'compose.yaml'), join(folder, '.devcontainer/dev.yaml')],
  });
});

test('.devcontainer.json, and the workspace in a path', () => {
  const compose = '$' + '{localWorkspaceFolder}/a.yaml';
  write(`{"dockerComposeFile": "${compose}", "service": "dev"}`, '.devcontainer.json');
  expect(composeWorkspace(readDevcontainer(folder)).composeFiles).toEqual([join(folder, 'a.yaml')]);
});

test('another place by --config', () => {
  write('{"service": "dev"}', '.devcontainer/api/devcontainer.json');
  const { path } = readDevcontainer(folder, '.devcontainer/api/devcontainer.json');
  expect(path).toBe(join(folder, '.devcontainer/api/devcontainer.json'));
});

test('no file at all', () => {
  expect(() => readDevcontainer(folder)).toThrow(
    'has no .devcontainer/devcontainer.json and no .devcontainer.json',
  );
});

test('what is no JSON is told with its line', () => {
  write('{\n  "service" "dev"\n}');
  expect(() => readDevcontainer(folder)).toThrow('devcontainer.json:2 is no JSON with comments');
});

test.each(['[]', '"dev"', '3', ''])('no object: %s', (text) => {
  write(text);
  expect(() => readDevcontainer(folder)).toThrow(/holds no object|is no JSON/);
});

test.each([
  '{"image": "debian"}',
  '{"build": {"dockerfile": "Dockerfile"}}',
  '{"dockerComposeFile": [], "service": "dev"}',
  '{"dockerComposeFile": [3], "service": "dev"}',
])('without a compose file kdev has no part in it: %s', (text) => {
  write(text);
  expect(() => composeWorkspace(readDevcontainer(folder))).toThrow(
    'names no dockerComposeFile, and kdev works through Compose',
  );
});

test('without a service', () => {
  write('{"dockerComposeFile": "compose.yaml"}');
  expect(() => composeWorkspace(readDevcontainer(folder))).toThrow('which service');
});
