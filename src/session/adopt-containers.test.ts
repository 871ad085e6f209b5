import { expect, test } from 'vitest';
import type { ContainerFact, Part } from '../docker/containers.ts';
import { newSessionId, orphansOf } from './adopt-containers.ts';

function container(name: string, part: Part, more: Partial<ContainerFact>): ContainerFact {
  const session = part === 'user' ? undefined : 'abc';
  const made = { composeService: 'orders', image: 'sha256:1' };
  const place = { project: 'shop', directory: '/shop', ...made };
  const unknown = { ...place, networkOf: undefined, linkFolder: undefined, target: undefined };
  const nothing = { service: 'orders', ...unknown, isRunning: false, status: '' };
  return { id: name, name, part, session, ...nothing, ...more };
}

const holder = container('holder', 'holder', {});
const sidecar = container('sidecar', 'sidecar', { networkOf: 'holder' });
const orders = container('orders', 'user', { networkOf: 'holder' });
const web = container('web', 'user', { isRunning: true });

test('stopped containers are no orphans', () => {
  expect(orphansOf([holder, sidecar, orders, web])).toEqual([]);
});

test('where one of ours runs, ours and what joined them are; the rest of the project is not', () => {
  const running = { ...holder, isRunning: true };
  expect(orphansOf([running, sidecar, orders, web])).toEqual([running, sidecar, orders]);
});

test('an id is twelve characters that a label takes', () => {
  expect(newSessionId()).toMatch(/^[a-z2-9]{12}$/);
  expect(newSessionId()).not.toBe(newSessionId());
});
