import { expect, test } from 'vitest';
import type { ContainerFact, Part } from '../docker/containers.ts';
import { containerTroubles, endedContainers, stoppedServices } from './stopped-services.ts';

function container(part: Part, more: Partial<ContainerFact> = {}): ContainerFact {
  const own = { project: 'shop', directory: '/shop', service: 'orders' };
  const place = { ...own, composeService: 'orders', image: 'sha256:1' };
  const session = part === 'user' ? undefined : 'abc';
  const linkFolder = part === 'user' ? undefined : '/run/kdev/shop/orders';
  const target = part === 'sidecar' ? 'deployment/orders (shop, kind-dev)' : undefined;
  const state = { isRunning: false, status: 'Exited (0) 1 second ago', networkOf: undefined };
  return { id: part, name: part, part, session, linkFolder, target, ...place, ...state, ...more };
}

const all = [container('holder'), container('sidecar'), container('user')];

test('stopped containers of this user that no session serves', () => {
  const found = {
    project: 'shop',
    directory: '/shop',
    service: 'orders',
    target: 'deployment/orders (shop, kind-dev)',
    container: 'Exited (0) 1 second ago',
  };
  expect(stoppedServices(all, [], '/run/kdev')).toEqual([found]);
  expect(stoppedServices(all, [], '/somebody/else')).toEqual([]);
  const other = { project: 'blog', services: [{ service: 'orders' }] } as never;
  expect(stoppedServices(all, [other], '/run/kdev')).toEqual([found]);
  const serving = { project: 'shop', services: [{ service: 'orders' }] } as never;
  expect(stoppedServices(all, [serving], '/run/kdev')).toEqual([]);
  const running = all.map((one) => ({ ...one, isRunning: true }));
  expect(stoppedServices(running, [], '/run/kdev')).toEqual([]);
});

test('containers that run on beside a session which does not serve them', () => {
  const running = all.map((one) => ({ ...one, isRunning: true, status: 'Up 2 minutes' }));
  const empty = { project: 'shop', services: [] };
  const [found] = stoppedServices(running, [empty], '/run/kdev');
  expect(found?.container).toBe('Up 2 minutes');
});

test('what became of containers that do not run', () => {
  expect([
    ...endedContainers([...all, container('user', { service: 'web', isRunning: true })]),
  ]).toEqual([['shop orders', 'Exited (0) 1 second ago']]);
});

test.each([
  ['Up 2 minutes', undefined],
  ['Up 2 minutes (healthy)', undefined],
  ['Up 2 minutes (Paused)', 'Up 2 minutes (Paused)'],
  ['Restarting (1) 2 seconds ago', 'Restarting (1) 2 seconds ago'],
  ['Exited (0) 1 second ago', 'Exited (0) 1 second ago'],
  [undefined, ''],
])('the container of a service that is served: %s', (status, trouble) => {
  const sessions = [{ project: 'shop', services: [{ service: 'orders' }] }] as never;
  const containers =
    status === undefined ? [container('sidecar')] : [container('user', { status })];
  expect(containerTroubles(containers, sessions).get('shop orders')).toBe(trouble);
});
