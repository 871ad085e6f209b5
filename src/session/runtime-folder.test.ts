import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  linkFolder,
  listProjectFolders,
  makeLinkFolder,
  makeProjectFolder,
  projectFolder,
  runtimeRoot,
} from './runtime-folder.ts';

const scratch = mkdtempSync(join(tmpdir(), 'kdev-unit-'));
beforeEach(() => mkdirSync(scratch, { recursive: true }));
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

test('the root is below XDG_RUNTIME_DIR, else named by the user', () => {
  expect(runtimeRoot({ XDG_RUNTIME_DIR: '/run/user/7' }, 7)).toBe('/run/user/7/kdev');
  expect(runtimeRoot({}, 7)).toBe('/tmp/kdev-7');
  expect(runtimeRoot({ XDG_RUNTIME_DIR: 'run' }, 7)).toBe('/tmp/kdev-7');
});

test('only the user enters a project, everybody who is in writes to a link folder', () => {
  const root = join(scratch, 'kdev');
  const project = projectFolder(root, 'shop');
  makeProjectFolder(root, project);
  makeLinkFolder(linkFolder(project, 'orders'));
  expect(statSync(project.path).mode & 0o777).toBe(0o700);
  expect(statSync(linkFolder(project, 'orders')).mode & 0o777).toBe(0o777);
  expect(listProjectFolders(root)).toEqual([project]);
});

test('a folder that cannot be made is told with what to do', () => {
  writeFileSync(join(scratch, 'file'), '');
  const root = join(scratch, 'file', 'kdev');
  expect(() => makeProjectFolder(root, projectFolder(root, 'shop'))).toThrow(
    expect.objectContaining({ code: 'KDEV8006', fact: `kdev cannot write to ${root}/shop` }),
  );
});

test('a link in place of the folder is refused', () => {
  const root = join(scratch, 'kdev');
  makeProjectFolder(root, projectFolder(root, 'shop'));
  symlinkSync('/', join(root, 'evil'));
  expect(() => makeProjectFolder(root, projectFolder(root, 'evil'))).toThrow('somebody else');
});

test('sockets of the longest names fit into an address', () => {
  const long = 'a-very-long-name-that-goes-on-and-on-and-on-without-any-end';
  const project = projectFolder('/run/user/4294967294/kdev', long);
  expect(`${linkFolder(project, long)}/link.sock`.length).toBeLessThan(104);
  expect(project.path).not.toBe(projectFolder('/run/user/4294967294/kdev', `${long}2`).path);
});
