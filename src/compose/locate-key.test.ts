import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keyLocator } from './locate-key.ts';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'kdev-test-'));
  writeFileSync(
    join(directory, 'a.yaml'),
    `x-defaults: &defaults
  target: deployment/api
services:
  api:
    image: x
    network_mode: host
    x-kdev:
      incoming:
        ports: ["80:80", 1]
  short:
    x-kdev: pod/a
  shared:
    x-kdev: *defaults
`,
  );
  writeFileSync(
    join(directory, 'b.yaml'),
    'services:\n  api:\n    x-kdev:\n      incoming: steal\n',
  );
  writeFileSync(join(directory, 'broken.yaml'), 'a: [\n');
  mkdirSync(join(directory, 'parts'));
  writeFileSync(
    join(directory, 'whole.yaml'),
    `x-base: &base
  scale: 2
include: [parts/one.yaml, { path: [parts/two.yaml, "$ELSE/x.yaml", whole.yaml] }]
services:
  extending:
    extends: { file: parts/one.yaml, service: root }
  merged:
    <<: [*base]
  circle:
    extends: circle
`,
  );
  writeFileSync(
    join(directory, 'parts/one.yaml'),
    'services:\n  root:\n    network_mode: host\n  one:\n    extends: root\n',
  );
  writeFileSync(join(directory, 'parts/two.yaml'), 'services:\n  two:\n    scale: 3\n');
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function locate(path: string, files = ['a.yaml'], from = directory): string | undefined {
  return keyLocator(
    files.map((file) => join(directory, file)),
    from,
  )(path.split('.'));
}

test.each([
  ['services.api.x-kdev.incoming.ports', 'a.yaml:9'],
  ['services.api.x-kdev.incoming', 'a.yaml:8'],
  ['services.api.network_mode', 'a.yaml:6'],
  ['services.short.x-kdev.target', 'a.yaml:11'],
  ['services.shared.x-kdev.target', 'a.yaml:2'],
  ['services.api.x-kdev.namespace', 'a.yaml:7'],
])('%s stands at %s', (path, line) => {
  expect(locate(path)).toBe(line);
});

test.each(['services.nobody.x-kdev.target', 'x-kdev.context', 'services.api.deploy'])(
  '%s stands nowhere',
  (path) => {
    expect(locate(path)).toBeUndefined();
  },
);

test('of several files the last that has the key; one that has more of it goes before', () => {
  const both = ['a.yaml', 'b.yaml'];
  expect(locate('services.api.x-kdev.incoming', both)).toBe('b.yaml:4');
  expect(locate('services.api.x-kdev.incoming.ports', both)).toBe('a.yaml:9');
});

test('a file elsewhere is named whole; one that cannot be read is left to Compose', () => {
  const path = 'services.api.x-kdev.incoming';
  expect(locate(path, ['a.yaml'], '/nowhere/else')).toBe(join(directory, 'a.yaml:8'));
  expect(locate(path, ['missing.yaml', 'broken.yaml'])).toBeUndefined();
});

test.each([
  ['services.two.scale', 'parts/two.yaml:3'],
  ['services.one.network_mode', 'parts/one.yaml:3'],
  ['services.extending.network_mode', 'parts/one.yaml:3'],
  ['services.merged.scale', 'whole.yaml:2'],
  ['services.circle.scale', undefined],
])('%s of what is included, extended or merged stands at %s', (path, line) => {
  expect(locate(path, ['whole.yaml'])).toBe(line);
});
