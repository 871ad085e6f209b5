import { expect, test } from 'vitest';
import { createMissingTeller } from './tell-missing.ts';

test('what is missing for more than a moment is told once, and that it is there again', () => {
  const told: string[] = [];
  const look = createMissingTeller({ note: (text) => told.push(text) });
  for (const missing of [['a'], [], [], ['a', 'b'], ['a', 'b'], ['a', 'b'], ['b'], ['b'], [], []]) {
    look(missing);
  }
  expect(told).toEqual([
    'not healthy: a; b',
    'not healthy: b',
    'healthy: nothing is missing any more',
  ]);
});
