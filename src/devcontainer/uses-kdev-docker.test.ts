import { expect, test } from 'vitest';
import { type ProcessLine, usesKdevDocker } from './uses-kdev-docker.ts';

/** The command line of the Dev Containers CLI, two processes above. */
function below(cli: string): boolean {
  const processes: Record<number, ProcessLine> = {
    30: { parent: 20, words: ['/bin/sh', '-c', 'kdev devcontainer check'] },
    20: { parent: 10, words: cli.split(' ') },
    10: { parent: 1, words: ['-bash'] },
  };
  return usesKdevDocker(30, (pid) => processes[pid]);
}

test.each([
  'node /usr/bin/devcontainer up --docker-path kdev-docker --workspace-folder .',
  'node devcontainer.js up --workspace-folder . --docker-path=/opt/kdev/bin/kdev-docker',
  '/usr/share/code/code devContainersSpecCLI.js up --docker-path /home/ada/bin/kdev-docker --docker-compose-path docker-compose',
])('goes through kdev: %s', (cli) => {
  expect(below(cli)).toBe(true);
});

test.each([
  'node /usr/bin/devcontainer up --workspace-folder .',
  'node devContainersSpecCLI.js up --docker-path docker --workspace-folder /src/kdev-docker',
  'node devContainersSpecCLI.js up --docker-path podman',
  'sh -c kdev-docker compose up',
  'node devcontainer.js up --docker-path',
])('does not: %s', (cli) => {
  expect(below(cli)).toBe(false);
});

test('parents that go round in a circle come to an end', () => {
  expect(usesKdevDocker(7, () => ({ parent: 7, words: ['sh'] }))).toBe(false);
});
