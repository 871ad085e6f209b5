import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseCommandLine } from '../compose/command-line.ts';
import { findComposeFiles } from '../compose/compose-files.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import { sayFirstWords } from './first-words.ts';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'kdev-test-'));
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write('compose.yaml', 'services:\n  api:\n    x-kdev: pod/a\n');
  write('flow.yaml', 'services: {api: {"x-kdev": {target: pod/a}}}\n');
  write('plain.yaml', 'services:\n  api:\n    image: a\n    # x-kdev: pod/a\n');
});
afterAll(() => rmSync(directory, { recursive: true }));

function firstWords(line: string): readonly string[] {
  const said: string[] = [];
  const story = { say: (text: string) => said.push(text) };
  const commandLine = parseCommandLine(line.split(' '), []);
  const { files } = findComposeFiles(commandLine, { directory, environment: {} });
  const isSaid = sayFirstWords(commandLine, { files, from: directory }, () => story);
  expect(isSaid).toBe(said.length > 0);
  return said;
}

test('which files are read, where one of them has x-kdev', () => {
  const head = `kdev ${installedPackage().version} · reading`;
  expect(firstWords('up -d')).toEqual([`${head} compose.yaml`]);
  expect(firstWords('-f plain.yaml -f flow.yaml start')).toEqual([`${head} plain.yaml, flow.yaml`]);
});

test.each(['-f plain.yaml up', '-f absent.yaml up', 'ps', 'down'])('%s has none', (line) => {
  expect(firstWords(line)).toEqual([]);
});
