import { expect, test } from 'vitest';
import { encodeMap } from './codec.ts';
import { decodeHello, encodeHello } from './hello.ts';
import { LIMITS } from './limits.ts';

test('a hello comes back as it was', () => {
  const hello = { protocol: 3, features: new Set(['udp', 'http']) };
  expect(decodeHello(encodeHello(hello))).toEqual(hello);
});

test('what a newer peer adds is ignored, what is too much is cut', () => {
  const features = [...Array.from({ length: 100 }, (_, n) => `f${n}`), 7, 'x'.repeat(65)];
  const decoded = decodeHello(encodeMap({ protocol: 2, features, novelty: {} }));
  expect(decoded.protocol).toBe(2);
  expect(decoded.features.size).toBe(LIMITS.features);
  expect(decodeHello(encodeMap({ protocol: 2 })).features.size).toBe(0);
});

test.each([{}, { protocol: '1' }, { protocol: -1 }, { protocol: 1.5 }])(
  'a hello without a version is refused: %o',
  (map) => {
    expect(() => decodeHello(encodeMap(map))).toThrow(expect.objectContaining({ code: 'EPROTO' }));
  },
);
