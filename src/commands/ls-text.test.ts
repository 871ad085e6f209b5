import { expect, test } from 'vitest';
import type { ListedTarget } from '../cluster/list-targets.ts';
import { targetsText } from './ls-text.ts';

const now = new Date('2026-01-01T10:12:00Z');
const terminal = { moves: false, colour: false, unicode: true, columns: 200, rows: 24 };

const orders: ListedTarget = {
  target: 'deployment/orders',
  isSupported: true,
  readyPods: 1,
  pods: 2,
  pod: 'orders-1',
  container: 'app',
  ports: [
    { port: 8080, name: 'http', protocol: 'TCP' },
    { port: 9090, protocol: 'TCP' },
  ],
  heldBy: [
    {
      owner: 'ada@laptop',
      session: 's',
      service: 'api',
      mode: 'steal',
      ports: [8080],
      since: new Date('2026-01-01T10:00:00Z'),
      agent: 'shop/kdev-agent-1',
    },
  ],
};
const pod: ListedTarget = {
  ...orders,
  target: 'pod/orders-1',
  partOf: 'deployment/orders',
  pods: 1,
};
const database: ListedTarget = {
  target: 'statefulset/db',
  isSupported: false,
  readyPods: 0,
  pods: 0,
  ports: [],
  heldBy: [],
};

test('a line a target: ports, and who does what since when', () => {
  expect(targetsText([orders, database, pod], { isWide: false, terminal, now })).toBe(
    [
      'TARGET              READY               PORTS             HELD BY',
      'deployment/orders   1/2                 8080 http, 9090   ada@laptop steals :8080, 12 min',
      'statefulset/db      not supported yet   -                 -',
      '1 pod of deployments: -o wide',
      '',
    ].join('\n'),
  );
});

test('wide has the pods too, and the agents', () => {
  const text = targetsText([orders, pod], { isWide: true, terminal, now });
  expect(text).toMatch(/^pod\/orders-1 .*deployment\/orders +orders-1 +app +shop\/kdev-agent-1$/m);
  expect(text).not.toContain('-o wide');
});

test('an empty namespace is told in words', () => {
  expect(targetsText([], { isWide: false, terminal, now })).toBe(
    'The namespace has no deployments and no pods.\n',
  );
});
