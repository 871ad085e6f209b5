import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { findEndpoint } from './endpoint.ts';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');

function sources(env: Record<string, string>, files: Record<string, string> = {}) {
  const readFile = (path: string) => {
    const text = files[path];
    return text === undefined ? undefined : Buffer.from(text);
  };
  return { env, home: '/home/ada', platform: 'linux' as const, readFile };
}

const remote = {
  '/home/ada/.docker/config.json': '{"currentContext":"far"}',
  [`/home/ada/.docker/contexts/meta/${sha('far')}/meta.json`]:
    '{"Name":"far","Endpoints":{"docker":{"Host":"tcp://far:2376"}}}',
  [`/home/ada/.docker/contexts/tls/${sha('far')}/docker/ca.pem`]: 'CA',
};

test('without any setting the platform default', () => {
  expect(findEndpoint(sources({}))).toEqual({
    url: 'unix:///var/run/docker.sock',
    from: 'default',
  });
  expect(findEndpoint({ ...sources({}), platform: 'win32' }).url).toBe(
    'npipe:////./pipe/docker_engine',
  );
});

test('DOCKER_HOST comes before every context, and may leave the scheme out', () => {
  const endpoint = findEndpoint(sources({ DOCKER_HOST: '10.1.2.3:2375' }, remote));
  expect(endpoint).toEqual({ url: 'tcp://10.1.2.3:2375', from: 'DOCKER_HOST' });
});

test('DOCKER_TLS_VERIFY takes the certificates of DOCKER_CERT_PATH', () => {
  const env = { DOCKER_HOST: 'tcp://h:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' };
  const { tls } = findEndpoint(sources(env, { '/certs/ca.pem': 'A', '/certs/key.pem': 'K' }));
  expect(tls).toEqual({ ca: Buffer.from('A'), key: Buffer.from('K') });
});

test('the current context of the configuration, with its certificates', () => {
  expect(findEndpoint(sources({}, remote))).toEqual({
    url: 'tcp://far:2376',
    from: 'docker context far',
    tls: { ca: Buffer.from('CA') },
  });
});

test('DOCKER_CONTEXT=default overrides the current context', () => {
  expect(findEndpoint(sources({ DOCKER_CONTEXT: 'default' }, remote)).from).toBe('default');
});

test('a context that does not exist is named', () => {
  expect(() => findEndpoint(sources({ DOCKER_CONTEXT: 'gone' }, remote))).toThrow(
    'the Docker context gone does not exist or names no engine',
  );
});

test('a broken configuration file counts as none', () => {
  const files = { '/home/ada/.docker/config.json': '{"currentContext":' };
  expect(findEndpoint(sources({}, files)).from).toBe('default');
});
