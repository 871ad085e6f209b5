import { expect, test } from 'vitest';
import { awaitedContainer, composeFailure } from './compose-failure.ts';

function failure(exitCode: number, stderr: string, containerWords?: string) {
  return composeFailure({ exitCode, stderr, environment: {}, containerWords });
}

test('a port in use', () => {
  const error = failure(
    1,
    ' Container shop-api-1  Starting\nError response from daemon: driver failed programming external connectivity on endpoint shop-kdev-net-api-1 (abc): Bind for 0.0.0.0:8080 failed: port is already allocated\n',
  );
  expect(error).toMatchObject({
    code: 'KDEV12301',
    exitCode: 124,
    fact: 'port 8080 of this machine is in use, and the project publishes it',
  });
  const bind =
    'failed to bind host port for 127.0.0.1:9000:172.18.0.2:80/tcp: address already in use';
  expect(failure(1, bind)).toMatchObject({
    code: 'KDEV12301',
    fact: expect.stringContaining('port 9000'),
  });
});

const unhealthy = 'dependency failed to start: container shop-kdev-sidecar-api-1 is unhealthy';

test('an unhealthy sidecar, with what it waits for', () => {
  expect(awaitedContainer(unhealthy)).toBe('shop-kdev-sidecar-api-1');
  expect(failure(1, unhealthy, 'its health check says: no link')).toMatchObject({
    code: 'KDEV6002',
    fact: 'the sidecar of api does not become healthy',
    evidence: `${unhealthy}\nits health check says: no link`,
  });
});

test("a service of the user's that is not healthy, with what its check says", () => {
  const words = 'dependency failed to start: container shop-db-1 is unhealthy';
  expect(failure(1, words, 'its health check says: no pg_hba')).toMatchObject({
    code: 'KDEV12302',
    evidence: `${words}\nits health check says: no pg_hba`,
  });
  expect(awaitedContainer('dependency failed to start: container shop-db-1 exited (3)')).toBe(
    'shop-db-1',
  );
});

test('no engine, and everything else', () => {
  expect(failure(1, 'Cannot connect to the Docker daemon at unix:///x')).toMatchObject({
    code: 'KDEV12001',
  });
  expect(failure(17, ' Network x  Created\nno such image\n')).toMatchObject({
    code: 'KDEV12302',
    fact: 'docker compose ended with exit code 17',
    evidence: 'no such image',
  });
  expect(awaitedContainer('no such image')).toBe(undefined);
});

test('where to look, by what is left', () => {
  const hintsOf = (stderr: string, isRemoved: boolean) =>
    composeFailure({ exitCode: 1, stderr, environment: {}, isRemoved }).hints.map(
      ({ command }) => command,
    );
  expect(hintsOf('no such image', false)).toEqual(['kdev compose ps -a']);
  expect(hintsOf('no such image', true)).toEqual(['kdev compose config']);
  expect(hintsOf('target api: failed to solve: exit code: 2', true)).toEqual([
    'kdev compose build',
  ]);
  expect(hintsOf('unknown flag: --frobnicate', false)).toEqual(['kdev compose COMMAND --help']);
});

test('a mount below another that has no place for it', () => {
  const words =
    'Error response from daemon: failed to create task for container: OCI runtime create failed: error mounting "/home/ada/more" to rootfs at "/etc/pod/more": create mount destination for /etc/pod/more mount: mkdirat /var/lib/docker/overlay2/9/merged/etc/pod/more: read-only file system: unknown';
  expect(failure(1, words)).toMatchObject({
    code: 'KDEV12303',
    fact: 'Docker finds no place for what is to be mounted at /etc/pod/more',
    evidence: words,
  });
});
