import { expect, test } from 'vitest';
import type { Target } from '../cluster/target.ts';
import { readTerminal } from '../screen/terminal.ts';
import type { ServiceStatus, SessionStatus } from '../session/control.ts';
import { statusTable, statusWords } from './status-words.ts';

const now = new Date('2026-01-01T10:12:00Z');
const terminal = { ...readTerminal({}, {}), columns: Number.POSITIVE_INFINITY };

const target: Target = {
  name: 'deployment/orders',
  kind: 'deployment',
  namespace: 'shop',
  pod: 'orders-1',
  podUid: 'u',
  podAddress: '10.1.1.1',
  hostname: 'orders-1',
  node: 'node-3',
  hostNetwork: false,
  container: 'app',
  containerFrom: 'the only one',
  containerId: 'c'.repeat(64),
  image: 'orders:1',
  pullSecrets: [],
  ports: [],
  probePorts: [],
  mounts: [],
  readyPods: 1,
};

const service: ServiceStatus = {
  service: 'orders',
  decision: {
    service: 'orders',
    context: { value: 'kind-dev', from: 'current-context' },
    namespace: { value: 'shop', from: 'default' },
    server: 'https://127.0.0.1:6443',
    target,
    ports: [{ target: 8080, service: 8080 }],
    agentNamespace: 'shop',
    image: 'kdev/runtime:1',
    warnings: [],
  },
  mode: 'steal',
  state: 'serving',
  since: '2026-01-01T10:00:00Z',
  pipe: { up: true, legs: ['pods/proxy', 'unix socket'] },
  replaced: 0,
  agent: {
    protocol: 2,
    incoming: {
      mode: 'steal',
      ports: [8080],
      connections: 4,
      open: 1,
      passed: 2,
      dropped: 0,
      udp: { ports: [], flows: 0, sent: 0, received: 0, dropped: 0 },
    },
    outgoing: {
      connections: 0,
      open: 0,
      failed: 0,
      udp: { flows: 1, sent: 3, received: 2, dropped: 0 },
    },
    dnsQueries: 0,
    fileOperations: 9,
    rssBytes: 9 * 1024 * 1024,
    linkUp: true,
  },
  sidecar: {
    protocol: 2,
    session: 's',
    service: 'orders',
    missing: [],
    link: { state: 'up', rttMs: 7.6, resumed: 0 },
    holds: 'nft queue',
    ipv6: 'carried',
    incoming: {
      mode: 'steal',
      listening: [8080],
      ports: [8080],
      udp: { listening: [], ports: [], flows: 0 },
      connections: 4,
      open: 1,
      failed: 0,
    },
    outgoing: { connections: 87, open: 2, dialling: 0, failed: 0, refused: 0 },
    udp: { flows: 1, sent: 3, received: 2, dropped: 0, refused: 0 },
    dns: { agent: 300, docker: 41, failed: 0 },
    rssBytes: 0,
  },
  notices: [],
};

const session: SessionStatus = {
  session: 'abc',
  version: '1.0.0',
  project: 'shop',
  directory: '/shop',
  owner: 'ada@laptop',
  pid: 7,
  since: '2026-01-01T10:00:00Z',
  rssBytes: 90 * 1024 * 1024,
  attached: false,
  services: [service],
};

const nothingStopped = { stopped: [], troubles: new Map<string, string>() };

const words = (
  status: ServiceStatus,
  {
    isWide = false,
    trouble,
    columns = Number.POSITIVE_INFINITY,
  }: { isWide?: boolean; trouble?: string | undefined; columns?: number } = {},
) =>
  statusWords(
    {
      sessions: [{ ...session, services: [status] }],
      stopped: [],
      troubles: new Map(trouble === undefined ? [] : [['shop orders', trouble]]),
    },
    { isWide, now, terminal: { ...terminal, columns } },
  );

test('a service that goes well', () => {
  expect(words(service)).toBe(
    [
      'project shop · /shop · detached',
      'orders   stealing :8080 of deployment/orders (shop, kind-dev)   up 12m',
      '         link ok 8 ms · in 4 connections, 1 open · out 87 connections, 2 open · udp 3 out, 2 in, 1 flow · dns 341 · files 9',
      '         pod orders-1 on node-3 · agent 9 MiB',
    ].join('\n'),
  );
});

test('where nothing came in yet, it is told what stays with the pod', () => {
  const { sidecar } = service;
  if (!sidecar) throw new Error('the sidecar answers');
  const incoming = { ...sidecar.incoming, connections: 0, open: 0 };
  expect(words({ ...service, sidecar: { ...sidecar, incoming } })).toContain(
    'in 0 connections, 0 open (what clients keep open from before stays with the pod: incoming.flush)',
  );
});

test('a filter is told with what it filters', () => {
  expect(words({ ...service, filter: { header: { 'x-user': 'ada' } } })).toContain(
    'stealing :8080 of deployment/orders with header x-user=ada (shop, kind-dev)',
  );
});

test('in a window of 60 columns', () => {
  expect(words(service, { columns: 60 })).toBe(
    [
      'project shop · /shop · detached',
      'orders   stealing :8080 of deployment/orders (shop,',
      '         kind-dev)   up 12m',
      '         link ok 8 ms · in 4 connections, 1 open · out 87',
      '         connections, 2 open · udp 3 out, 2 in, 1 flow · dns',
      '         341 · files 9',
      '         pod orders-1 on node-3 · agent 9 MiB',
    ].join('\n'),
  );
});

test.each([60, 80, 120])('no line is wider than a window of %d columns', (columns) => {
  const named = { ...service, service: 'a-service-with-a-long-name' };
  const text = words(named, { isWide: true, columns, trouble: 'Restarting (1) 2 seconds ago' });
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
});

test('one of several pods is said to be one of them', () => {
  const { decision } = service;
  const of2 = { ...service, decision: { ...decision, target: { ...target, readyPods: 2 } } };
  expect(words(of2)).toContain('stealing :8080 of 1 of 2 pods of deployment/orders (shop');
  expect(words({ ...of2, mode: 'off' })).toContain('incoming, of deployment/orders (shop');
});

test('wide tells the way, where things came from, and the session', () => {
  const text = words(service, { isWide: true });
  expect(text).toContain('way: pods/proxy, then unix socket');
  expect(text).toContain('context kind-dev (current-context)');
  expect(text).toContain('connects held by nft queue');
  expect(text).toContain('session  abc of ada@laptop, process 7, 90 MiB, kdev 1.0.0, detached');
});

test('what is not as it should be is said', () => {
  const notices = [{ at: '2026-01-01T10:11:50Z', text: 'pod orders-1 is gone' }];
  const lost = words({
    ...service,
    state: 'lost',
    notices,
    pipe: { up: false, why: 'there is no agent at the moment' },
  });
  expect(lost).toContain('WITHOUT AN AGENT');
  expect(lost).toContain('link down: there is no agent at the moment');
  expect(lost).toContain('10s ago: pod orders-1 is gone');
});

test('an agent that does not answer is told as such: what comes in, and how the link is, is not known', () => {
  const silent: ServiceStatus = { ...service, agent: undefined };
  const since = { ...silent, silentSince: '2026-01-01T10:11:48Z' };
  const [, head, link] = words(since).split('\n');
  expect(head).toContain('stealing :8080 (as of 12s ago) of deployment/orders');
  expect(link).toContain('no answer from the cluster for 12s · in 4 connections');
  expect(words(since)).not.toContain('listen');
  expect(words(since)).not.toContain('link ok');
  expect(words(since)).not.toContain('files');
  expect(words(silent)).toContain('stealing :8080 (as far as known) of');
  expect(words(silent)).toContain('no answer from the cluster · ');
});

/** The agent of a service has these ports. */
function taking(status: ServiceStatus, ports: number[]): ServiceStatus {
  const { agent } = status;
  return { ...status, agent: agent && { ...agent, incoming: { ...agent.incoming, ports } } };
}

test('a service that does not listen, or not on every port, stolen and mirrored', () => {
  const doing = (status: ServiceStatus, trouble?: string) =>
    words(status, { trouble }).split('\n')[1];
  const mirrored: ServiceStatus = { ...service, mode: 'mirror' };
  expect(doing(taking(service, []))).toContain(
    'stealing :8080 (the service does not listen: the target answers) of',
  );
  expect(doing(taking(mirrored, []))).toContain(
    'mirroring :8080 (the service does not listen: it sees nothing) of',
  );
  expect(doing(taking(service, []), 'Exited (1) 2 minutes ago')).toContain(
    'stealing :8080 (the service does not run, Exited (1) 2 minutes ago: the target answers) of',
  );
  expect(doing(service, 'Up 3 minutes (Paused)')).toContain(
    'stealing :8080 (the service is paused and answers nobody) of',
  );
  expect(doing(taking(service, []), '')).toContain(
    'stealing :8080 (the service has no container: the target answers) of',
  );
  expect(doing({ ...service, mode: 'off' }, 'Restarting (1) 2 seconds ago')).toContain(
    'nothing incoming (the service does not run, Restarting (1) 2 seconds ago), of',
  );
  const ports = [
    { target: 8080, service: 8080 },
    { target: 80, service: 3000 },
  ];
  const two = { ...service, decision: { ...service.decision, ports } };
  expect(doing(taking(two, [8080]))).toContain(
    'stealing :8080 :80 (here :3000) (the service does not listen on :3000: the target answers there) of',
  );
  const conflict = {
    code: 'KDEV5005',
    fact: 'bob@desk already steals :8080 of deployment/orders, for 12 min now',
    hints: [{ who: 'you', text: 'ask bob@desk to release it' }],
  } as const;
  const refused = words({ ...taking(service, []), conflict });
  expect(refused).toContain('stealing :8080 (another session has it: the target answers) of');
  expect(refused).toMatch(/^ *KDEV5005: bob@desk already steals :8080 .*\n *ask bob@desk/m);
  const everyPort = { ...service.decision, ports: [], every: { except: [] } };
  expect(doing(taking({ ...service, decision: everyPort }, [8080, 9090]))).toContain(
    'stealing every port (:8080 :9090) of',
  );
  expect(doing(taking({ ...service, decision: everyPort }, []))).toContain(
    'stealing every port (the service does not listen: the target answers) of',
  );
});

const stopped = {
  project: 'blog',
  directory: '/blog',
  service: 'posts',
  target: 'deployment/posts (press, kind-dev)',
  container: 'Exited (0) 5 minutes ago',
};

test('each project has a head that says where it is and how it runs', () => {
  const held = { ...session, project: 'held', directory: '/held', attached: true };
  const all = statusWords(
    { ...nothingStopped, sessions: [session, held], stopped: [stopped] },
    { isWide: false, now, terminal },
  );
  expect(all.split('\n').filter((line) => line.startsWith('project'))).toEqual([
    'project shop · /shop · detached',
    'project held · /held · held by a command in the foreground',
    'project blog · /blog · stopped',
  ]);
});

test('what is stopped stays in sight', () => {
  const beside = { ...stopped, project: 'shop', service: 'web', target: '', container: '' };
  const all = statusWords(
    { ...nothingStopped, sessions: [session], stopped: [beside, stopped] },
    { isWide: false, now, terminal },
  ).split('\n');
  expect(all).toContain('web      stopped: its target answers for itself');
  expect(all.at(-1)).toBe(
    'posts    stopped (Exited (0) 5 minutes ago): deployment/posts (press, kind-dev) answers for itself',
  );
});

test('what runs on without the cluster is no stand-in', () => {
  const outside = { ...stopped, project: 'shop', container: 'Up 2 minutes' };
  const all = { sessions: [{ ...session, services: [] }], stopped: [outside] };
  expect(statusWords({ ...nothingStopped, ...all }, { isWide: false, now, terminal })).toBe(
    'project shop · /shop · detached\n' +
      'posts    runs outside the cluster (Up 2 minutes): deployment/posts (press, kind-dev) answers for itself',
  );
  expect(statusTable(all, { now, terminal })).toContain('outside');
});

test('the table has a line a service', () => {
  const all = { sessions: [session], stopped: [stopped] };
  expect(statusTable(all, { now, terminal }).split('\n')).toEqual([
    'PROJECT   SERVICE   MODE    TARGET              NAMESPACE   STATE     LINK   UP',
    'shop      orders    steal   deployment/orders   shop        serving   up     12m',
    'blog      posts     -       deployment/posts    press       stopped   -      -',
  ]);
});
