import { expect, test } from 'vitest';
import { whatMayBeWrong } from './steps.ts';

test.each([
  ['container shop-orders-1', 'starting', 'kdev compose logs'],
  ['container shop-orders-1', 'stopping', 'docker kill shop-orders-1'],
  ['container shop-orders-1', 'removing', 'docker kill shop-orders-1'],
  ['container shop-orders-1', 'restarting', 'docker kill shop-orders-1'],
  ['container shop-kdev-sidecar-orders-1', 'waiting', 'kdev logs orders --sidecar'],
  ['container shop-kdev-sidecar-orders-1', 'stopping', 'docker kill shop-kdev-sidecar-orders-1'],
  ['containers', 'stopping', 'docker ps'],
  ['agent orders', 'starting', 'kubectl get pods -A -l app.kubernetes.io/managed-by=kdev'],
  ['network shop_default', 'removing', undefined],
])('a long wait of %s, %s: how to look', (subject, state, look) => {
  expect(whatMayBeWrong({ subject, state })?.look).toBe(look);
});
