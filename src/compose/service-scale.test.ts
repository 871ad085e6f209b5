import { expect, test } from 'vitest';
import type { Model } from './model.ts';
import { scaleOf } from './service-scale.ts';

test.each<[Model, Record<string, number>, number]>([
  [{}, {}, 1],
  [{ scale: 0 }, {}, 0],
  [{ deploy: { replicas: 0 } }, {}, 0],
  [{ deploy: { resources: {} } }, {}, 1],
  [{ scale: 3 }, { api: 0 }, 0],
  [{ deploy: { replicas: 0 } }, { api: 1 }, 1],
  [{ scale: 2 }, { web: 0 }, 2],
])('%j with --scale %j', (service, scales, wanted) => {
  const scaled = new Map(Object.entries(scales));
  expect(scaleOf({ services: { api: service } }, 'api', scaled)).toBe(wanted);
});
