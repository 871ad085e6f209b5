import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Brought } from './brought.ts';
import { makeProjectFolder, type ProjectFolder, projectFolder } from './runtime-folder.ts';

let root: string;
let folder: ProjectFolder;
const said: string[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kdev-unit-'));
  folder = projectFolder(root, 'shop');
  makeProjectFolder(root, folder);
  said.length = 0;
});
afterEach(() => rmSync(root, { recursive: true }));

const broughtBy = (id: string) => new Brought({ id, folder, log: (text) => said.push(text) });

test('what was brought up is known to the next session of the same id, and to no other', () => {
  const brought = broughtBy('one');
  expect(brought.all).toEqual({});
  brought.add({ orders: { image: 'a' } });
  brought.add({ web: { image: 'b' } });
  brought.add(undefined);
  const all = { orders: { image: 'a' }, web: { image: 'b' } };
  expect([brought.all, broughtBy('one').all]).toEqual([all, all]);
  expect(broughtBy('two').all).toEqual({});
});

test('what cannot be read counts as nothing, and what cannot be written is logged', () => {
  writeFileSync(folder.brought, '{');
  expect(broughtBy('one').all).toEqual({});
  rmSync(folder.path, { recursive: true });
  const brought = broughtBy('one');
  brought.add({ orders: { image: 'a' } });
  expect(brought.all).toEqual({ orders: { image: 'a' } });
  expect(said).toHaveLength(1);
});
