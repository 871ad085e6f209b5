import { expect, test } from 'vitest';
import { parseWorkspaceRun, workspaceNames } from './workspace-container.ts';

/** As version 0.89 of the CLI calls it. */
const words = [
  ...['--sig-proxy=false', '-a', 'STDOUT', '-a', 'STDERR', '-p', '127.0.0.1:80:80'],
  ...['--mount', 'type=bind,source=/src/My Shop,target=/workspaces/My Shop'],
  ...['-l', 'devcontainer.local_folder=/src/My Shop'],
  ...['-l', 'devcontainer.config_file=/src/My Shop/.devcontainer/devcontainer.json'],
  ...['-u', 'dev', '--cap-add=SYS_PTRACE', '--name', 'mine', '--rm', '--entrypoint', '/bin/sh'],
  ...['-l', 'devcontainer.metadata=[{"a":"b=c"}]', 'vsc-shop-uid', '-c', 'exec "$@"', '-'],
];

test('docker run of a workspace: what it is, without what ties it to a terminal', () => {
  const run = parseWorkspaceRun(words);
  expect(run).toMatchObject({
    image: 'vsc-shop-uid',
    command: ['-c', 'exec "$@"', '-'],
    folder: '/src/My Shop',
    configFile: '/src/My Shop/.devcontainer/devcontainer.json',
  });
  expect([...(run?.given.keys() ?? [])].sort()).toEqual(
    ['publish', 'mount', 'label', 'user', 'cap-add', 'name', 'entrypoint'].sort(),
  );
});

test('another docker run is none', () => {
  expect(parseWorkspaceRun(['-it', 'debian', 'bash'])).toBeUndefined();
});

test('names: of the folder, and unlike those of a folder of the same name elsewhere', () => {
  const place = { folder: '/src/My Shop', configFile: '/src/My Shop/.devcontainer.json' };
  const names = workspaceNames(place);
  expect(names).toMatchObject({ service: 'my-shop', container: names.project });
  expect(names.project).toMatch(/^my-shop-devcontainer-[0-9a-f]{6}$/);
  const elsewhere = { folder: '/x/My Shop', configFile: '/x/My Shop/.devcontainer.json' };
  expect(workspaceNames(elsewhere).project).not.toBe(names.project);
  expect(workspaceNames({ ...place, folder: '/' }).service).toBe('workspace');
  const run = parseWorkspaceRun(words);
  expect(run && workspaceNames(run).container).toBe('mine');
});

test('an older name of an option counts as the one of today', () => {
  const run = parseWorkspaceRun(['--net', 'shop', ...words]);
  expect(run?.given.get('network')).toEqual(['shop']);
});
