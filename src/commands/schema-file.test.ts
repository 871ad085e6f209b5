import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { schemaText, withSchema } from './schema-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kdev-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const line = '# yaml-language-server: $schema=.kdev/compose.schema.json\n';
const change = (text: string) => ({
  path: join(folder, 'compose.yaml'),
  before: text,
  after: text,
});

test('the line leads from the compose file to the schema beside it', () => {
  const [compose, schema] = withSchema(change('services: {}\n'));
  expect(compose?.after).toBe(`${line}services: {}\n`);
  expect(schema).toMatchObject({ path: join(folder, '.kdev/compose.schema.json'), before: '' });
  expect(JSON.parse(schema?.after ?? '')).toHaveProperty('properties.x-kdev');
});

test('a second time nothing changes; the schema of another version does', () => {
  mkdirSync(join(folder, '.kdev'));
  const unchanged = () =>
    withSchema(change(`${line}services: {}\n`)).map(({ before, after }) => before === after);
  writeFileSync(join(folder, '.kdev/compose.schema.json'), schemaText());
  expect(unchanged()).toEqual([true, true]);
  writeFileSync(join(folder, '.kdev/compose.schema.json'), '{}');
  expect(unchanged()).toEqual([true, false]);
});

test('a line of the user’s own stays alone', () => {
  const own = '# yaml-language-server: $schema=https://example.com/s.json\nservices: {}\n';
  expect(withSchema(change(own))).toEqual([change(own)]);
});
