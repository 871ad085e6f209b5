import { expect, test } from 'vitest';
import { comesIn, portWords } from './port-words.ts';

test('a port of UDP is another one than that of TCP', () => {
  expect([portWords(53, {}), portWords(53, { transport: 'udp' })]).toEqual([':53', ':53/udp']);
  const now = { ports: [53], udp: [54] };
  expect(comesIn({ target: 53 }, now)).toBe(true);
  expect(comesIn({ target: 53, transport: 'udp' }, now)).toBe(false);
  expect(comesIn({ target: 54, transport: 'udp' }, now)).toBe(true);
});
