import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mayHaveXKdev, nearXKdev } from './x-kdev-in-files.ts';

let directory: string;

const files: Record<string, string> = {
  'plain.yaml':
    'services:\n  api:\n    image: a\n    # x-kdev: pod/a\n    labels: [include, x-kdev]\n',
  'own.yaml': 'services:\n  api:\n    image: a\n    x-kdev: pod/a\n',
  'flow.json': '{"services": {"api": {"image": "a", "x-kdev" : "pod/a"}}}',
  'includes.yaml': 'include:\n  - parts/plain.yaml\n  - path: [parts/own.yaml]\n',
  'includes-plain.yaml':
    'include: [parts/plain.yaml]\nservices:\n  a: { extends: b }\n  b: { image: b }\n',
  'includes-itself.yaml': 'include: [includes-itself.yaml]\n',
  'includes-elsewhere.yaml': 'include: ["https://example.com/repo.git"]\n',
  'includes-a-variable.yaml': 'include: ["$DIR/parts.yaml"]\n',
  'extends.yaml': 'services:\n  api:\n    extends: { file: parts/deep.yaml, service: api }\n',
  'extends-merged.yaml':
    'x-a: &a\n  extends: { file: parts/own.yaml, service: api }\nservices:\n  api: { <<: *a }\n',
  'broken.yaml': 'include: [\n',
  'parts/plain.yaml': 'services: {}\n',
  'parts/own.yaml': 'services: {api: {x-kdev: pod/a}}\n',
  'parts/deep.yaml': 'services:\n  api:\n    extends: { file: own.yaml, service: api }\n',
};

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'kdev-test-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
});
afterAll(() => rmSync(directory, { recursive: true }));

const may = (names: readonly string[], input?: string) =>
  mayHaveXKdev({ files: names.map((name) => join(directory, name)), directory }, input);

test.each([
  'own.yaml',
  'flow.json',
  'includes.yaml',
  'includes-elsewhere.yaml',
  'includes-a-variable.yaml',
  'extends.yaml',
  'extends-merged.yaml',
  'broken.yaml',
  'https:/example.com/repo.git',
  'oci:/registry/compose',
])('%s may have it', async (file) => {
  expect(await may([file])).toBe(true);
});

test.each(['plain.yaml', 'includes-plain.yaml', 'includes-itself.yaml', 'absent.yaml', 'parts'])(
  '%s has none',
  async (file) => {
    expect(await may([file])).toBe(false);
  },
);

test('one of several is enough; the standard input may have it', async () => {
  expect(await may(['own.yaml', 'plain.yaml'])).toBe(true);
  expect(await may(['plain.yaml', 'parts/plain.yaml'])).toBe(false);
  expect(await may([])).toBe(false);
  expect(await may([], 'services: { a: { x-kdev: pod/a } }')).toBe(true);
  expect(await may([], 'include: [parts/own.yaml]')).toBe(true);
  expect(await may([], 'include: [parts/plain.yaml]')).toBe(false);
});

test.each([
  ['services:\n  api:\n    x-kdv: pod/a\n', 'x-kdv'],
  ['X-kdev: {namespace: a}\n', 'X-kdev'],
  ['{"services": {"api": {"x_kdev": "pod/a"}}}', 'x_kdev'],
  ['services:\n  api:\n    x-kdev: pod/a\n', undefined],
  ['x-dev: {}\nx-kafka: {}\nx-k8s: {}\n# x-kdv: is\n', undefined],
])('a key that may be meant as x-kdev: %j', (text, key) => {
  expect(nearXKdev(text)).toBe(key);
});
