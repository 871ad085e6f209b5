import { expect, test } from 'vitest';
import { undeclaredWords } from './undeclared-words.ts';

const declared = { ports: [{ port: 8000, protocol: 'TCP' }] } as const;

test('a port that the container does not declare is told beside those that it does', () => {
  expect(undeclaredWords([{ service: 8000, target: 8001 }], declared)).toEqual([
    'the container does not declare :8001, but :8000: a pair is SERVICE:TARGET',
  ]);
  expect(undeclaredWords([{ service: 8000, target: 8000, transport: 'udp' }], declared)).toEqual([
    expect.stringContaining(':8000/udp, but :8000'),
  ]);
  expect(undeclaredWords([{ service: 8001, target: 8000 }], declared)).toEqual([]);
  expect(undeclaredWords([{ service: 80, target: 80 }], { ports: [] })).toEqual([]);
});
