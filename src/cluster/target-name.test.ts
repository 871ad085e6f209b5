import { expect, test } from 'vitest';
import { parseTargetName } from './target-name.ts';

test.each([
  ['pod/orders-1', { kind: 'pod', name: 'orders-1' }],
  ['po/orders-1', { kind: 'pod', name: 'orders-1' }],
  ['deployment/orders', { kind: 'deployment', name: 'orders' }],
  ['Deploy/orders', { kind: 'deployment', name: 'orders' }],
  ['deployments.apps/orders', { kind: 'deployment', name: 'orders' }],
])('%s', (text, parsed) => {
  expect(parseTargetName(text)).toEqual(parsed);
});

test.each(['orders', 'deployment/', '/orders', 'deployment/a/b', 'constructor/orders', ''])(
  '%j is no target',
  (text) => {
    expect(() => parseTargetName(text)).toThrow(expect.objectContaining({ code: 'KDEV2202' }));
  },
);

test('a near kind is offered', () => {
  expect(() => parseTargetName('deploymnet/orders')).toThrow(
    expect.objectContaining({
      hints: [expect.objectContaining({ text: 'write target: deployment/orders' })],
    }),
  );
});

test.each(['statefulset/db', 'sts/db', 'daemonset/log', 'svc/orders'])(
  '%s is not built yet, and says so',
  (text) => {
    expect(() => parseTargetName(text)).toThrow(expect.objectContaining({ code: 'KDEV2203' }));
  },
);
