import { expect, test } from 'vitest';
import type { Target } from '../cluster/target.ts';
import type { ExplainQuestion, Explanation } from '../protocol/launch.ts';
import { explanationRows, explanationWords, parseQuestion } from './explain-words.ts';

test.each<[string, ExplainQuestion | undefined]>([
  ['postgres:5432', { kind: 'connection', host: 'postgres', port: 5432 }],
  ['a.b.svc.cluster.local', { kind: 'connection', host: 'a.b.svc.cluster.local' }],
  ['10.0.0.1:80', { kind: 'connection', host: '10.0.0.1', port: 80 }],
  ['[fd00::1]:80', { kind: 'connection', host: 'fd00::1', port: 80 }],
  ['udp:///etc', undefined],
  ['fd00::1', { kind: 'connection', host: 'fd00::1' }],
  ['udp://stun:3478', { kind: 'connection', host: 'stun', port: 3478, transport: 'udp' }],
  ['udp://[fd00::1]', { kind: 'connection', host: 'fd00::1', transport: 'udp' }],
  ['udp:///etc/app', undefined],
  ['/etc/app/', { kind: 'path', path: '/etc/app' }],
  ['/', { kind: 'path', path: '/' }],
  ['postgres:', undefined],
  ['postgres:0', undefined],
  ['postgres:70000', undefined],
  ['http://x/', undefined],
  ['etc/app', undefined],
  ['', undefined],
])('%s', (text, question) => {
  expect(parseQuestion(text)).toEqual(question);
});

const target = {
  pod: 'orders-1',
  container: 'app',
  mounts: [{ path: '/etc/app', kind: 'configMap', volume: 'conf' }],
} as unknown as Target;
const compose = { from: 'service', words: 'x-kdev in compose.yaml:9' } as const;
const origins = {
  'outgoing.local': compose,
  'outgoing.remote': compose,
  'outgoing.podLoopback': compose,
  'dns.local': compose,
  'dns.remote': compose,
};
const about = { target, origins };
const words = (what: string, explanation: Explanation) => {
  const question = parseQuestion(what);
  if (!question) throw new Error(what);
  return explanationWords(question, explanation, about);
};
const ok = { code: 'ok', tookMs: 3.04 };

test('a connection from the pod', () => {
  const lines = words('postgres:5432', {
    kind: 'connection',
    name: { answeredBy: 'agent', rule: 'default', lookup: { code: 'ok', tookMs: 2 } },
    addresses: [{ address: '10.96.12.4', route: 'agent', rule: 'default', connect: ok }],
  });
  expect(lines).toEqual([
    "postgres = 10.96.12.4 (the pod's resolver, 2.0 ms; rule: default)",
    '10.96.12.4:5432 leaves from pod orders-1 (rule: default). connect: ok 3.0 ms',
  ]);
});

test('UDP, which is not tried', () => {
  const lines = words('udp://10.0.0.1:3478', {
    kind: 'connection',
    addresses: [{ address: '10.0.0.1', route: 'agent', rule: 'default' }],
  });
  expect(lines).toEqual(['UDP to 10.0.0.1:3478 leaves from pod orders-1 (rule: default)']);
});

test('a connection that is refused, and one that stays here', () => {
  const lines = words('[fd00::1]:80', {
    kind: 'connection',
    addresses: [
      {
        address: 'fd00::1',
        route: 'local',
        rule: 'r',
        connect: { code: 'ECONNREFUSED', tookMs: 12 },
      },
    ],
  });
  expect(lines).toEqual([
    '[fd00::1]:80 stays on this machine (rule: r). connect: ECONNREFUSED after 12 ms',
  ]);
});

test('a filter that decides, with where it stands', () => {
  const filter = { list: 'outgoing.local', pattern: '*.internal:53' } as const;
  const lines = words('udp://ns.internal:53', {
    kind: 'connection',
    name: { answeredBy: 'agent', rule: 'default', lookup: { code: 'ok', tookMs: 2 } },
    addresses: [
      { address: '10.1.2.3', route: 'local', rule: 'outgoing.local *.internal:53', filter },
    ],
  });
  expect(lines[1]).toBe(
    'UDP to 10.1.2.3:53 stays on this machine (rule: outgoing.local *.internal:53, x-kdev in compose.yaml:9)',
  );
});

test('a name that nobody knows', () => {
  const lines = words('nobody', {
    kind: 'connection',
    name: { answeredBy: 'agent', rule: 'default', lookup: { code: 'ENOTFOUND', tookMs: 2 } },
    addresses: [],
  });
  expect(lines).toEqual([
    "nobody is not resolved: ENOTFOUND (the pod's resolver, 2.0 ms; rule: default)",
  ]);
});

test('a path of the pod: which mount, how fresh, and what is there', () => {
  const shown = { path: '/etc/app', how: 'materialise' } as const;
  const lines = words('/etc/app/app.conf', {
    kind: 'path',
    shown,
    inPod: { ...ok, type: 'file', bytes: 6 },
  });
  expect(lines).toEqual([
    '/etc/app/app.conf is of pod orders-1, container app (rule: x-kdev.files.mounts, configMap conf at /etc/app): real files here, which follow those of the pod within a second or two',
    'in the pod: a file of 6 bytes, 3.0 ms',
  ]);
  const missing = words('/etc/app', {
    kind: 'path',
    shown: { ...shown, missing: 'EACCES' },
    inPod: ok,
  });
  expect(missing.at(-1)).toBe('not shown yet: EACCES');
});

test("a path of the service's own, with how to see the pod's", () => {
  const inPod = { ...ok, type: 'directory', bytes: 0 } as const;
  expect(words('/srv', { kind: 'path', inPod })).toEqual([
    "/srv is the service's own (rule: default): nothing of the pod is shown there",
    'in the pod: a directory, 3.0 ms. x-kdev: {files: {read: [/srv]}} would show it',
  ]);
  const nothing = { code: 'ENOENT', tookMs: 1 };
  expect(words('/srv', { kind: 'path', inPod: nothing })).toHaveLength(1);
});

test('the same as rows', () => {
  const { rows } = explanationRows(
    { kind: 'connection', host: 'postgres', port: 5432 },
    {
      kind: 'connection',
      name: { answeredBy: 'agent', rule: 'default', lookup: { code: 'ok', tookMs: 2 } },
      addresses: [{ address: '10.96.12.4', route: 'local', rule: 'near', connect: ok }],
    },
    about,
  );
  expect(rows).toEqual([
    ['postgres', "the pod's resolver", 'default', 'ok 2.0 ms'],
    ['10.96.12.4', 'this machine', 'near', 'ok 3.0 ms'],
  ]);
  const path = explanationRows(
    { kind: 'path', path: '/srv' },
    { kind: 'path', inPod: { code: 'ENOENT', tookMs: 1 } },
    about,
  );
  expect(path.rows).toEqual([['/srv', 'the service', 'default', 'ENOENT after 1.0 ms']]);
});
