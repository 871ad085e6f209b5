import { expect, test } from 'vitest';
import { composeFailure, readComposeStep } from './compose-progress.ts';

test.each([
  [' Network shop_default  Creating', 'network shop_default creating working'],
  [' Container shop-api-1  Started', 'container shop-api-1 started done'],
  [
    ' Container shop-kdev-sidecar-api-1  Waiting',
    'container shop-kdev-sidecar-api-1 waiting working',
  ],
  [' Container shop-kdev-sidecar-api-1  Healthy', 'container shop-kdev-sidecar-api-1 healthy done'],
  [' Container shop-api-1  Error response from daemon: x', 'container shop-api-1 error failed'],
  [' Volume "shop_data"  Created', 'volume shop_data created done'],
  [' web Pulling ', 'image web pulling working'],
  [' web Pulled ', 'image web pulled done'],
])('%j', (line, step) => {
  const { kind, name, state, phase } = readComposeStep(line) ?? {};
  expect(`${kind} ${name} ${state} ${phase}`).toBe(step);
});

test.each([
  'api-1  | Container x  Started',
  '#5 [2/3] RUN make',
  ' 0f3a9c7be112 Pulling fs layer',
  '',
  'Attaching to api-1',
])('no step: %j', (line) => {
  expect(readComposeStep(line)).toBeUndefined();
});

test('a port in use', () => {
  const error = composeFailure(
    1,
    ' Container shop-api-1  Starting\nError response from daemon: driver failed programming external connectivity on endpoint shop-kdev-net-api-1 (abc): Bind for 0.0.0.0:8080 failed: port is already allocated\n',
  );
  expect(error).toMatchObject({
    code: 'KDEV12301',
    exitCode: 124,
    fact: 'port 8080 of this machine is in use, and the project publishes it',
  });
  expect(
    composeFailure(
      1,
      'failed to bind host port for 127.0.0.1:9000:172.18.0.2:80/tcp: address already in use',
    ),
  ).toMatchObject({ code: 'KDEV12301', fact: expect.stringContaining('port 9000') });
});

test('an unhealthy sidecar, no engine, and everything else', () => {
  expect(
    composeFailure(1, 'dependency failed to start: container shop-kdev-sidecar-api-1 is unhealthy'),
  ).toMatchObject({ code: 'KDEV6002', fact: 'the sidecar of api does not become healthy' });
  expect(composeFailure(1, 'Cannot connect to the Docker daemon at unix:///x')).toMatchObject({
    code: 'KDEV12001',
  });
  expect(composeFailure(17, ' Network x  Created\nno such image\n')).toMatchObject({
    code: 'KDEV12302',
    fact: 'docker compose ended with exit code 17',
    evidence: 'no such image',
  });
});
