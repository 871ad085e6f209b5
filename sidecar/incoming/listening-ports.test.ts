import { expect, test } from 'vitest';
import { listeningPairs } from './listening-ports.ts';

const pairs = [
  { target: 80, service: 3000 },
  { target: 81, service: 3001 },
  { target: 82, service: 3000 },
];

test('a target’s port counts while its service port listens, on whatever address', () => {
  const ports = [
    { port: 3000, family: 6, loopbackOnly: true },
    { port: 27_101, family: 4, loopbackOnly: true },
  ] as const;
  expect(listeningPairs(pairs, ports).map(({ target }) => target)).toEqual([80, 82]);
  expect(listeningPairs(pairs, [])).toEqual([]);
});
