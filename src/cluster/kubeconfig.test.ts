import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClusterChoice, readKubeconfig } from './kubeconfig.ts';

let folder = '';
const files: Record<string, string> = {};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kdev-kubeconfig-'));
  add(
    'one',
    `
current-context: kind-dev
clusters:
- {name: kind-dev, cluster: {server: "https://127.0.0.1:6443", certificate-authority: ca.pem}}
contexts:
- {name: kind-dev, context: {cluster: kind-dev, user: dev, namespace: shop}}
- {name: kind-prod, context: {cluster: kind-dev, user: nobody}}
users:
- {name: dev, user: {client-certificate: dev.pem, client-key: /abs/dev.key}}
`,
  );
  add(
    'two',
    `
current-context: other
clusters:
- {name: kind-dev, cluster: {server: "https://second.example"}}
- {name: other, cluster: {server: "http://127.0.0.1:8001"}}
contexts:
- {name: other, context: {cluster: other, user: file}}
- {name: plugged, context: {cluster: other, user: plugged}}
- {name: lost, context: {cluster: nowhere, user: file}}
users:
- {name: file, user: {tokenFile: token, token: ignored}}
- {name: plugged, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}}}
`,
  );
  add('broken', 'clusters: [');
  add('listed', '- a\n- b\n');
  add('empty', '');
});

afterAll(() => rmSync(folder, { recursive: true }));

function add(name: string, text: string): void {
  const file = join(folder, name);
  writeFileSync(file, text);
  files[name] = file;
}

function read(names: readonly string[], choice: Partial<ClusterChoice> = {}) {
  const KUBECONFIG = names.map((name) => files[name] ?? name).join(':');
  return readKubeconfig({ ...choice, env: { KUBECONFIG } });
}

describe('like kubectl', () => {
  test('the current context and its namespace', () => {
    expect(read(['one'])).toMatchObject({
      context: { value: 'kind-dev', from: 'kubeconfig current-context' },
      namespace: { value: 'shop', from: 'kubeconfig context kind-dev' },
      server: 'https://127.0.0.1:6443',
      user: 'dev',
    });
  });

  test('in a list the first file that says something wins; absent ones are skipped', () => {
    const merged = read(['/not/there', 'one', 'two', 'one']);
    expect(merged).toMatchObject({ server: 'https://127.0.0.1:6443' });
    expect(merged.files).toEqual([files['one'], files['two']]);
    expect(read(['empty', 'two', 'one'])).toMatchObject({ context: { value: 'other' } });
  });

  test('a context that was asked for, from any of the files', () => {
    const context = { value: 'other', from: '--context' };
    expect(read(['one', 'two'], { context })).toMatchObject({
      context,
      server: 'http://127.0.0.1:8001',
      namespace: { value: 'default', from: 'default' },
    });
  });

  test('a namespace that was asked for', () => {
    const namespace = { value: 'stage', from: 'x-kdev in compose.yaml:12' };
    expect(read(['one'], { namespace }).namespace).toEqual(namespace);
  });

  test('paths are relative to their file; a token file wins over a token', () => {
    const dev = read(['one']).library;
    expect(dev.getCurrentCluster()?.caFile).toBe(join(folder, 'ca.pem'));
    expect(dev.getCurrentUser()).toMatchObject({
      certFile: join(folder, 'dev.pem'),
      keyFile: '/abs/dev.key',
    });
    const file = read(['two']).library.getCurrentUser();
    expect(file?.authProvider).toMatchObject({ config: { path: join(folder, 'token') } });
    expect(file?.token).toBeUndefined();
    const context = { value: 'plugged', from: '--context' };
    expect(read(['two'], { context }).library.getCurrentUser()?.authProvider).toMatchObject({
      config: { plugin: { command: join(folder, 'plugin') } },
    });
  });
});

describe('refused', () => {
  test('a context that is not there, with the near ones', () => {
    const context = { value: 'kind-dve', from: '--context' };
    expect(() => read(['one', 'two'], { context })).toThrow(
      expect.objectContaining({
        code: 'KDEV2402',
        fact: 'the kubeconfig has no context kind-dve (--context)',
        evidence: expect.stringContaining('near: kind-dev'),
        hints: [expect.objectContaining({ command: 'kdev compose --context kind-dev up' })],
      }),
    );
  });

  test.each([
    ['no current context', ['empty'], 'KDEV2402', /sets no current context/],
    ['no file', ['/not/there'], 'KDEV2401', /there is no \/not\/there/],
    ['no YAML', ['broken'], 'KDEV2401', /broken is no kubeconfig/],
    ['another shape', ['listed'], 'KDEV2401', /listed is no kubeconfig/],
  ])('%s', (_, names, code, fact) => {
    expect(() => read(names)).toThrow(
      expect.objectContaining({ code, fact: expect.stringMatching(fact) }),
    );
  });

  test.each([
    ['kind-prod', /names user nobody/],
    ['lost', /names cluster nowhere/],
  ])('context %s, which names what is not defined', (value, fact) => {
    const context = { value, from: '--context' };
    expect(() => read(['one', 'two'], { context })).toThrow(
      expect.objectContaining({ code: 'KDEV2401', fact: expect.stringMatching(fact) }),
    );
  });

  test('no kubeconfig at all', () => {
    expect(() => readKubeconfig({ env: {} })).toThrow(
      expect.objectContaining({ code: 'KDEV2401', fact: 'there is no kubeconfig' }),
    );
  });
});
