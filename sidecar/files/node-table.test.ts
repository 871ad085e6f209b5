import { expect, test } from 'vitest';
import { NodeTable } from './node-table.ts';

test('paths are those of the pod, below any root', () => {
  const table = new NodeTable('/data', 0);
  const file = table.child(table.child(table.root, 'a'), 'b');
  expect(table.path(table.root)).toBe('/data');
  expect(table.path(file)).toBe('/data/a/b');
  const whole = new NodeTable('/', 0);
  expect(whole.path(whole.child(whole.root, 'etc'))).toBe('/etc');
});

test('a node is forgotten with its last look-up, but not before its children', () => {
  const table = new NodeTable('/', 0);
  const directory = table.child(table.root, 'd');
  const file = table.child(directory, 'f');
  directory.lookups = 1;
  file.lookups = 2;
  table.forget(directory.id, 1);
  expect(table.get(directory.id)).toBe(directory);
  table.forget(file.id, 1);
  expect(table.size).toBe(3);
  table.forget(file.id, 1);
  expect(table.size).toBe(1);
});

test('the root outlives any count that the kernel sends', () => {
  const table = new NodeTable('/', 0);
  table.forget(1, 1e9);
  expect(table.get(1)).toBe(table.root);
});

test('a second generation gives out other numbers', () => {
  const first = new NodeTable('/', 0);
  const second = new NodeTable('/', 2 ** 40);
  expect(first.child(first.root, 'a').id).toBe(2);
  expect(second.child(second.root, 'a').id).toBe(2 ** 40);
});
