import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { kubeconfigSecrets } from './kubeconfig-secrets.ts';

const folder = mkdtempSync(join(tmpdir(), 'kdev-secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('every kind of credential, of files too', () => {
  writeFileSync(join(folder, 'token'), 'from-a-file\n');
  const users = [
    { name: 'a', user: { token: 'a-token', password: 'a-password' } },
    { name: 'b', user: { 'client-key-data': Buffer.from('the key').toString('base64') } },
    { name: 'c', user: { exec: { command: 'x', env: [{ name: 'SECRET', value: 'of-exec' }] } } },
    { name: 'd', user: { 'auth-provider': { name: 'oidc', config: { 'id-token': 'of-oidc' } } } },
    { name: 'e', user: { tokenFile: join(folder, 'token') } },
  ];
  writeFileSync(join(folder, 'config'), JSON.stringify({ users }));
  const found = kubeconfigSecrets({ KUBECONFIG: join(folder, 'config') });
  for (const secret of ['a-token', 'a-password', 'the key', 'of-exec', 'of-oidc', 'from-a-file']) {
    expect(found).toContain(secret);
  }
});

test('without a kubeconfig, or with one that cannot be read, there are none', () => {
  expect(kubeconfigSecrets({ KUBECONFIG: '/nowhere' })).toEqual([]);
  writeFileSync(join(folder, 'broken'), ': [');
  expect(kubeconfigSecrets({ KUBECONFIG: join(folder, 'broken') })).toEqual([]);
});
