import { afterEach, describe, expect, test } from 'vitest';
import type { Cluster } from './cluster.ts';
import { clusterAt, serveHttp, type TestServer } from './test-server.ts';

const signal = new AbortController().signal;
const open: { server?: TestServer; cluster?: Cluster } = {};

afterEach(async () => {
  open.cluster?.close();
  await open.server?.close();
});

/** A plugin that runs this JavaScript, and an API server that accepts only tokens of `accepted`. */
async function withPlugin(script: string, accepted: RegExp, more: object = {}) {
  const tokens: string[] = [];
  open.server = await serveHttp(({ headers }, response) => {
    const token = headers.authorization ?? '';
    tokens.push(token);
    if (!accepted.test(token)) response.statusCode = 401;
    response.end('{}');
  });
  open.cluster = clusterAt(open.server.url, {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
      env: [{ name: 'KDEV_TEST', value: 'set' }],
      ...more,
    },
  });
  const { api } = open.cluster;
  return { tokens, ask: () => api.get('/x', {}, signal) };
}

const print = (status: string) =>
  `console.log(JSON.stringify({kind: 'ExecCredential', status: ${status}}))`;

describe('a credential plugin', () => {
  test('is run once, and told what kubectl tells it', async () => {
    const script = print(
      `{token: [process.pid, process.env.KDEV_TEST, JSON.parse(process.env.KUBERNETES_EXEC_INFO).apiVersion].join(' ')}`,
    );
    const { tokens, ask } = await withPlugin(
      script,
      /^Bearer \d+ set client.authentication.k8s.io\/v1$/,
    );
    await ask();
    await ask();
    expect(new Set(tokens).size).toBe(1);
  });

  test('is run again when its credential has expired', async () => {
    const script = print(
      `{token: String(process.pid), expirationTimestamp: '2020-01-01T00:00:00Z'}`,
    );
    const { tokens, ask } = await withPlugin(script, /./);
    await ask();
    await ask();
    expect(new Set(tokens).size).toBe(2);
  });

  test('is run once more when the cluster rejects its credential, then the user must act', async () => {
    const { tokens, ask } = await withPlugin(print('{token: String(process.pid)}'), /never/);
    await expect(ask()).rejects.toMatchObject({ code: 'KDEV3001' });
    expect(new Set(tokens).size).toBe(2);
  });
});

describe('a plugin that fails is told with its own words', () => {
  test.each([
    [
      'status and words',
      'console.error("token expired, run: login"); process.exit(3)',
      {
        fact: /failed with status 3$/,
        evidence: /^token expired, run: login$/,
      },
    ],
    [
      'no credential',
      'console.log("secret-ish")',
      {
        fact: /printed no ExecCredential$/,
        evidence: /^11 characters/,
      },
    ],
  ])('%s', async (_, script, { fact, evidence }) => {
    const { ask } = await withPlugin(script, /./, { installHint: 'brew install login' });
    await expect(ask()).rejects.toMatchObject({
      code: 'KDEV3001',
      fact: expect.stringMatching(fact),
      evidence: expect.stringMatching(evidence),
      hints: [{ who: 'you', text: 'brew install login' }, expect.anything()],
    });
  });

  test('a program that is not there', async () => {
    const { ask } = await withPlugin('', /./, { command: '/not/there' });
    await expect(ask()).rejects.toMatchObject({
      code: 'KDEV3001',
      fact: 'the credential plugin /not/there cannot be run',
    });
  });

  test('one that wants a terminal', async () => {
    const { ask } = await withPlugin('', /./, { interactiveMode: 'Always' });
    await expect(ask()).rejects.toMatchObject({ code: 'KDEV3001' });
  });

  test('one whose entry is not understood', async () => {
    const { ask } = await withPlugin('', /./, { args: 'text' });
    await expect(ask()).rejects.toMatchObject({ code: 'KDEV3001' });
  });
});

test('a caller who gives up does not wait for the plugin', async () => {
  await withPlugin('setTimeout(() => {}, 2000)', /./);
  const caller = new AbortController();
  const asked = expect(open.cluster?.api.get('/x', {}, caller.signal)).rejects.toThrow('enough');
  caller.abort(new Error('enough'));
  await asked;
});
