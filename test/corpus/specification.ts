import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { isModel } from '../../src/compose/model.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Keys of the specification that no project of the corpus has. */
export function missingKeys(): readonly string[] {
  const files = readdirSync(here, { recursive: true, encoding: 'utf8' });
  const projects = files.filter((file) => /\.ya?ml$/.test(file)).map((file) => read(file));
  const keys = readFileSync(join(here, 'specification.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  return keys.filter((key) => !projects.some((project) => hasKey(project, key.split('.'))));
}

function read(file: string): unknown {
  return parse(readFileSync(join(here, file), 'utf8'), { logLevel: 'silent', merge: true });
}

function hasKey(value: unknown, [key, ...inner]: readonly string[]): boolean {
  if (key === undefined) return true;
  if (key === '[]') return Array.isArray(value) && value.some((item) => hasKey(item, inner));
  if (!isModel(value)) return false;
  if (key === '*') return Object.values(value).some((child) => hasKey(child, inner));
  return key in value && hasKey(value[key], inner);
}
