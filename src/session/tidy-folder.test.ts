import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  linkFolder,
  makeLinkFolder,
  makeProjectFolder,
  type ProjectFolder,
  projectFolder,
} from './runtime-folder.ts';
import { type EndedHow, removeEmptyFolders, removeFolder, tidyFolder } from './tidy-folder.ts';

let scratch: string;
let root: string;
let shop: ProjectFolder;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'kdev-unit-'));
  root = join(scratch, 'kdev');
  shop = projectFolder(root, 'shop');
  makeProjectFolder(root, shop);
  makeLinkFolder(linkFolder(shop, 'orders'));
  writeFileSync(join(linkFolder(shop, 'orders'), 'link.sock'), '');
  writeFileSync(shop.log, 'x');
  writeFileSync(shop.brought, '{}');
});
afterEach(() => rmSync(scratch, { recursive: true }));

test.each<[EndedHow, string]>([
  ['going', ''],
  ['remove', 'log'],
  ['kill', 'log'],
  ['stay', 'log, link, brought'],
  ['failed', 'log, link, brought'],
])('after an end with %j there is: %s', (how, left) => {
  tidyFolder(shop, how);
  removeEmptyFolders(root, shop);
  const found = [
    existsSync(shop.log) && 'log',
    existsSync(linkFolder(shop, 'orders')) && 'link',
    existsSync(shop.brought) && 'brought',
  ];
  expect(found.filter(Boolean).join(', ')).toBe(left);
  expect(existsSync(root)).toBe(left !== '');
});

test('the folder of a project without a session goes, with what a dead one had left in it', () => {
  writeFileSync(shop.controlSocket, '');
  writeFileSync(shop.lock, '999999999');
  removeFolder(root, shop);
  expect(existsSync(root)).toBe(false);
});

test('the folder of a session that starts or ends stays as it is', () => {
  writeFileSync(shop.lock, String(process.pid));
  removeFolder(root, shop);
  expect(existsSync(shop.log)).toBe(true);
});

test('what is still to be told stays, and so do the folders of other projects', () => {
  const bank = projectFolder(root, 'bank');
  makeProjectFolder(root, bank);
  writeFileSync(bank.aftermath, '{}');
  removeFolder(root, bank);
  removeFolder(root, shop);
  expect([existsSync(bank.aftermath), existsSync(shop.path)]).toEqual([true, false]);
});
