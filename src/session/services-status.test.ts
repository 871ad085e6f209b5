import { expect, test } from 'vitest';
import type { Engine } from '../docker/engine.ts';
import type { Served } from './served.ts';
import { servicesStatus } from './services-status.ts';

/** Served by one of two pods, until the cluster is asked again. */
function served(lookAgain: (now: { readyPods: number }) => Promise<void>) {
  const target = { readyPods: 2 };
  return {
    lookAgain: () => lookAgain(target),
    status: async () => ({ service: 'orders', decision: { target: { ...target } } }),
    decision: { target },
  } as unknown as Served;
}

test.each([
  [
    'scaled meanwhile',
    1,
    served((target) => {
      target.readyPods = 1;
      return Promise.resolve();
    }),
  ],
  ['no answer', 2, served(() => Promise.reject(new Error('no answer')))],
])('how many pods serve is asked each time: %s', async (_, readyPods, one) => {
  const containers = { sidecarOf: () => undefined };
  const all = await servicesStatus(new Map([['orders', one]]), containers, {} as Engine);
  expect(all).toMatchObject([{ service: 'orders', decision: { target: { readyPods } } }]);
});
