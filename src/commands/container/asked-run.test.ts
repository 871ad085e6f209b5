import { expect, test } from 'vitest';
import { parseRun } from './asked-run.ts';

const target = ['--target', 'deployment/orders'];
const parse = (words: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  parseRun(words, env);

test('it is called after its target, and a command keeps its own options', () => {
  expect(parse([...target, '-it', 'node:24', 'node', '--target', 'x', '--help'])).toMatchObject({
    image: 'node:24',
    command: ['node', '--target', 'x', '--help'],
    name: 'orders',
    project: 'kdev-run-orders',
    containerName: 'kdev-run-orders',
    kdevFlags: { '--target': 'deployment/orders' },
    isDetached: false,
    isInteractive: true,
    hasTerminal: true,
  });
});

test('with a name of its own, which is that of its container', () => {
  expect(parse([...target, '--name', 'My.app_2', '-d', 'image'])).toMatchObject({
    name: 'My.app_2',
    project: 'kdev-run-my-app_2',
    containerName: 'My.app_2',
    isDetached: true,
  });
});

test('kdev’s settings by flag, by variable and as x-kdev has them', () => {
  const flags = ['-n', 'shop', '--incoming=steal', '--incoming-ports', '3000:80'];
  expect(parse([...flags, 'image'], { KDEV_TARGET: 'pod/db-0' })).toMatchObject({
    name: 'db-0',
    kdevFlags: { '--namespace': 'shop', '--incoming': 'steal', '--incoming-ports': '3000:80' },
  });
  const xKdev = '{target: deployment/web, env: {override: {A: $b}}}';
  expect(parse(['--x-kdev', xKdev, 'image'])).toMatchObject({
    name: 'web',
    xKdev: { target: 'deployment/web', env: { override: { A: '$$b' } } },
  });
});

test('older names of options are the newer ones', () => {
  const { given } = parse([...target, '--net', 'a', '--network', 'b', 'image']) ?? {};
  expect(given?.get('network')).toEqual(['a', 'b']);
});

test('help is asked for before the image only', () => {
  expect(parse(['--help'])).toBeUndefined();
  expect(parse([...target, 'image', '--help'])).toBeDefined();
});

test.each<[words: readonly string[], fact: RegExp]>([
  [[], /names no IMAGE/],
  [['image'], /whose place the container takes/],
  [[...target, '--name', '-x', 'image'], /--name is of letters/],
  [[...target, '--name', 'a', '--name', 'b', 'image'], /--name is given twice/],
  [[...target, '--rm', '--restart', 'always', 'image'], /--restart always starts it again/],
  [[...target, '--x-kdev', '[', 'image'], /--x-kdev is no YAML/],
  [[...target, '--x-kdev', 'steal', 'image'], /--x-kdev is a map of keys/],
  [['--taget', 'x', 'image'], /--taget is an option of neither .*did you mean --target/],
])('%j is refused', (words, fact) => {
  expect(() => parse(words)).toThrow(fact);
});
