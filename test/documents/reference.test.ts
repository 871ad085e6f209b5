import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { keysAt } from '../../src/config/schema.ts';
import { root } from './pages.ts';
import { referencePage } from './reference.ts';

const page = readFileSync(path.join(root, 'docs/reference.md'), 'utf8');

test('docs/reference.md is what `npm run docs` makes of the schema and the commands', () => {
  expect(page).toBe(referencePage());
});

test('it has every key of the schema', () => {
  for (const key of keysAt('service', [])) {
    expect(page).toContain(`| \`${key}\``);
    for (const inner of keysAt('service', [key])) expect(page).toContain(`| \`${key}.${inner}\``);
  }
});
