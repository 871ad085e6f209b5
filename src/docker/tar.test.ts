import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { encodeTar } from './tar.ts';

const files = [
  { path: 'Dockerfile', bytes: Buffer.from('FROM scratch\n') },
  { path: 'programs/empty', bytes: Buffer.alloc(0) },
  { path: 'programs/big', bytes: Buffer.alloc(5_000, 7) },
];

test('tar itself reads it', () => {
  const archive = encodeTar(files);
  const list = execFileSync('tar', ['-tf', '-'], { input: archive, encoding: 'utf8' });
  expect(list.trim().split('\n')).toEqual(files.map(({ path }) => path));
  const big = execFileSync('tar', ['-xOf', '-', 'programs/big'], { input: archive });
  expect(big.equals(Buffer.alloc(5_000, 7))).toBe(true);
});

test('the same files give the same bytes, in whole blocks', () => {
  expect(encodeTar(files).equals(encodeTar(files))).toBe(true);
  expect(encodeTar(files).length % 512).toBe(0);
});

test('a path that the format cannot hold is refused', () => {
  expect(() => encodeTar([{ path: 'x'.repeat(101), bytes: Buffer.alloc(0) }])).toThrow('too long');
});
