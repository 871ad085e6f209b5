import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readDevcontainer, readWorkspace } from './devcontainer-file.ts';

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
  expect(readWorkspace(readDevcontainer(folder))).toEqual({
    kind: 'compose',
    service: 'dev',
    composeFiles: [join(folder, 'compose.yaml'), join(folder, '.devcontainer/dev.yaml')],
  });
});

test('.devcontainer.json, and the workspace in a path', () => {
  const compose = '$' + '{localWorkspaceFolder}/a.yaml';
  write(`{"dockerComposeFile": "${compose}", "service": "dev"}`, '.devcontainer.json');
  expect(readWorkspace(readDevcontainer(folder))).toMatchObject({
    composeFiles: [join(folder, 'a.yaml')],
  });
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
  '{"dockerComposeFile": [], "service": "dev"}',
  '{"dockerComposeFile": [3], "service": "dev"}',
])('no compose file: %s', (text) => {
  write(text);
  expect(() => readWorkspace(readDevcontainer(folder))).toThrow('neither a path nor a list');
});

test('nothing of which a workspace could be made', () => {
  write('{"name": "orders"}');
  expect(() => readWorkspace(readDevcontainer(folder))).toThrow('no image and no build');
});

test.each<[string, unknown]>([
  ['{"image": "debian"}', undefined],
  ['{"build": {"dockerfile": "Dockerfile"}, "customizations": {"vscode": {}}}', undefined],
  [
    '{"image": "debian", "customizations": {"kdev": {"target": "pod/a", "incoming": "steal"}}}',
    { target: 'pod/a', incoming: 'steal' },
  ],
  ['{"dockerFile": "Dockerfile", "customizations": {"kdev": "pod/a"}}', { target: 'pod/a' }],
])('of image or build, with what kdev is told: %s', (text, xKdev) => {
  write(text);
  expect(readWorkspace(readDevcontainer(folder))).toEqual({ kind: 'container', xKdev });
});

test('customizations of kdev that are none', () => {
  write('{"image": "debian", "customizations": {"kdev": ["pod/a"]}}');
  expect(() => readWorkspace(readDevcontainer(folder))).toThrow('customizations.kdev of');
});

test('without a service', () => {
  write('{"dockerComposeFile": "compose.yaml"}');
  expect(() => readWorkspace(readDevcontainer(folder))).toThrow('which service');
});
