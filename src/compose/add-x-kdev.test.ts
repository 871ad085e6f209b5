import { expect, test } from 'vitest';
import { addSchemaLine, addXKdev, findService } from './add-x-kdev.ts';

const xKdev = { target: 'deployment/orders', incoming: 'steal' };
const lines = (indent: string) =>
  `${indent}x-kdev:\n${indent}  target: deployment/orders\n${indent}  incoming: steal\n`;

test('it comes at the end of the service, and nothing else changes', () => {
  const before = `# the shop
services:
  orders:
    build: .   # ours
    ports: [ "8080:8080" ] # published

  # not ours
  db:
    image: postgres
`;
  const [head, tail] = before.split('# published\n');
  expect(addXKdev(before, 'orders', xKdev)).toBe(`${head}# published\n${lines('    ')}${tail}`);
});

test('in the last service, without a line break at the end', () => {
  const before = 'services:\n    dev:\n        image: debian';
  expect(addXKdev(before, 'dev', xKdev)).toBe(`${before}\n${lines('        ')}`);
});

test('after a list and after a block of text', () => {
  const list = 'services:\n  dev:\n    volumes:\n    - a:/a\n    - b:/b\nvolumes: {a: , b: }\n';
  expect(addXKdev(list, 'dev', xKdev)).toContain(`    - b:/b\n${lines('    ')}volumes:`);
  const block = 'services:\n  dev:\n    command: |\n      one\n      two\n\nname: shop\n';
  expect(addXKdev(block, 'dev', xKdev)).toContain(`      two\n${lines('    ')}\nname:`);
});

test.each([
  'services: {dev: {image: debian}}\n',
  'services:\n  dev: {image: debian}\n',
  'services:\n  dev:\n',
  'services:\n  a: &a\n    image: debian\n  dev: *a\n',
  'services:\n  other:\n    image: debian\n',
])('a form that has no line to add to is left alone: %j', (text) => {
  expect(addXKdev(text, 'dev', xKdev)).toBeUndefined();
});

test('what a file has of a service', () => {
  const text = 'services:\n  a:\n    x-kdev:\n      target: pod/a\n  b:\n    image: debian\n';
  expect(['a', 'b', 'c'].map((service) => findService(text, service))).toEqual([
    'intercepted',
    'plain',
    'absent',
  ]);
});

test('lines that end as on Windows go on so', () => {
  const text = 'services:\r\n  dev:\r\n    image: debian\r\n';
  expect(addXKdev(text, 'dev', xKdev)).toBe(`${text}${lines('    ').replaceAll('\n', '\r\n')}`);
  expect(addSchemaLine(text, 's.json')).toBe(`# yaml-language-server: $schema=s.json\r\n${text}`);
});

test('the schema has the first line, unless there is one for it', () => {
  const text = '# ours\nservices: {}\n';
  const once = addSchemaLine(text, '.kdev/s.json');
  expect(once).toBe(`# yaml-language-server: $schema=.kdev/s.json\n${text}`);
  expect(addSchemaLine(once, 'other.json')).toBe(once);
  expect(addSchemaLine('%YAML 1.2\n---\na: 1\n', 's.json')).toBe('%YAML 1.2\n---\na: 1\n');
  expect(addSchemaLine('\ufeffa: 1\n', 's')).toMatch(/^\ufeff# yaml-.*\na: 1\n$/);
});
