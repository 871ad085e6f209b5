import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Cluster, openCluster } from './cluster.ts';
import { kubeconfigFor, serveHttp, type TestServer } from './test-server.ts';
import { watchObjects } from './watch.ts';

/** Credentials that change while a cluster is open: the kubeconfig and its files are real, and stay. */
const signal = new AbortController().signal;
let folder: string;
let server: TestServer;
let cluster: Cluster | undefined;
let accepted: string;
let asked: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kdev-credentials-'));
  accepted = 'first';
  asked = [];
  server = await serveHttp(({ headers }, response) => {
    const token = headers.authorization?.replace('Bearer ', '') ?? '';
    asked.push(token);
    if (token !== accepted) response.statusCode = 401;
    response.end('{"metadata": {"resourceVersion": "1"}}');
  });
});

afterEach(async () => {
  cluster?.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

function writeUser(user: object, url = server.url): string {
  const file = join(folder, 'config');
  writeFileSync(file, JSON.stringify(kubeconfigFor(url, user)));
  return file;
}

function open(user: object, env = {}, url?: string) {
  cluster = openCluster({ env: { KUBECONFIG: writeUser(user, url), ...env } });
  const { api } = cluster;
  return { api, ask: () => api.get('/x', {}, signal) };
}

test('a token file is read for each request', async () => {
  writeFileSync(join(folder, 'token'), 'first\n');
  const { ask } = open({ tokenFile: 'token' });
  await ask();
  writeFileSync(join(folder, 'token'), 'second\n');
  accepted = 'second';
  await ask();
  expect(asked).toEqual(['first', 'second']);
});

test('who logs in again has no need to start again: the kubeconfig is read anew', async () => {
  const { ask } = open({ token: 'first' });
  await ask();
  accepted = 'second';
  await expect(ask()).rejects.toMatchObject({ code: 'KDEV3001' });
  writeUser({ token: 'second' });
  await ask();
  expect(asked).toEqual(['first', 'first', 'first', 'second']);
});

test('a kubeconfig that is being written changes nothing', async () => {
  const { ask } = open({ token: 'first' });
  accepted = 'second';
  writeFileSync(join(folder, 'config'), 'clusters: [');
  await expect(ask()).rejects.toMatchObject({ code: 'KDEV3001' });
  accepted = 'first';
  await ask();
});

test('a watch outlives credentials that expire', async () => {
  const { api } = open({ token: 'first' });
  const stop = new AbortController();
  const troubles: unknown[] = [];
  let lists = 0;
  const watched = {
    path: '/things',
    query: {},
    onObjects: () => void lists++,
    onTrouble: (error: unknown) => troubles.push(error),
  };
  const ended = watchObjects(api, watched, stop.signal);
  await expect.poll(() => lists).toBeGreaterThan(0);
  accepted = 'second';
  const rejected = expect.objectContaining({ code: 'KDEV3001' });
  await expect.poll(() => troubles).toContainEqual(rejected);
  writeUser({ token: 'second' });
  const before = lists;
  await expect.poll(() => lists, { timeout: 5_000 }).toBeGreaterThan(before);
  stop.abort(new Error('enough'));
  await expect(ended).rejects.toThrow('enough');
});

test.each([
  ['tokenFile', { tokenFile: 'gone' }],
  ['client-certificate', { 'client-certificate': 'gone', 'client-key': 'gone' }],
])('%s: a file that is not there is told with its name', async (_, user) => {
  const { ask } = open(user);
  await expect(ask()).rejects.toMatchObject({
    code: 'KDEV2401',
    evidence: expect.stringContaining(`'${join(folder, 'gone')}'`),
  });
});

test('a certificate that is none is the kubeconfig’s fault', async () => {
  writeFileSync(join(folder, 'pem'), 'no certificate');
  const user = { 'client-certificate': 'pem', 'client-key': 'pem' };
  const { ask } = open(user, {}, server.url.replace('http:', 'https:'));
  await expect(ask()).rejects.toMatchObject({ code: 'KDEV2401' });
});

test('a proxy that is down is named, without its password', async () => {
  const proxy = await serveHttp(() => undefined);
  await proxy.close();
  const HTTPS_PROXY = proxy.url.replace('://', '://ada:secret@');
  const { ask } = open({}, { HTTPS_PROXY }, 'https://api.example:6443');
  await expect(ask()).rejects.toMatchObject({
    code: 'KDEV4001',
    evidence: expect.stringMatching(
      new RegExp(`^connect ECONNREFUSED .*\\nby the proxy ${proxy.url} \\(HTTPS_PROXY\\)$`),
    ),
    hints: [{}, { command: 'export NO_PROXY=api.example' }],
  });
});

test('a proxy that refuses is told with its answer', async () => {
  const proxy = await serveHttp(
    () => undefined,
    (http) => http.on('connect', (_, socket) => socket.end('HTTP/1.1 407 No\r\n\r\n')),
  );
  const { ask } = open({}, { https_proxy: proxy.url }, 'https://api.example:6443');
  await expect(ask()).rejects.toMatchObject({
    code: 'KDEV4001',
    evidence: `the proxy answers 407\nby the proxy ${proxy.url} (https_proxy)`,
  });
  await proxy.close();
});
