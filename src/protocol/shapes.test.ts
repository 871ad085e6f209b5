import { describe, expect, test } from 'vitest';
import { LIMITS } from './limits.ts';
import {
  bigNatural,
  checkAnswer,
  checkArgs,
  checkStreamInfo,
  flag,
  listOf,
  mapOf,
  natural,
  oneOf,
  port,
  text,
  trafficFilter,
} from './shapes.ts';

describe('single values', () => {
  test.each([
    [
      natural,
      [0, 7, 2 ** 53 - 1, 9n],
      [-1, 1.5, 2 ** 53, Number.NaN, '1', null, undefined, 2n ** 60n],
    ],
    [port, [0, 65_535], [65_536, -1, '80']],
    [bigNatural, [0n, 5, 2n ** 63n], [1.5, '1', null]],
    [
      text,
      ['', 'x'.repeat(LIMITS.textCharacters)],
      ['x'.repeat(LIMITS.textCharacters + 1), 1, null],
    ],
    [flag, [true, false], [0, 'true', undefined]],
    [oneOf('a', 'b'), ['a', 'b'], ['c', '', 1]],
    [listOf(port), [[], [1, 2]], [[1, -2], {}, 'x', Array(LIMITS.listItems + 1).fill(1)]],
  ])('%o', (check, fits, doesNot) => {
    for (const value of fits) expect(check(value), String(value)).toBeDefined();
    for (const value of doesNot) expect(check(value), String(value)).toBeUndefined();
  });

  test('integers of 64 bits become the number that the field has, and the reverse', () => {
    expect(natural(9n)).toBe(9);
    expect(bigNatural(9)).toBe(9n);
  });
});

describe('maps', () => {
  const check = mapOf<{ path: string; link?: string }>({ path: text, link: text }, ['link']);

  test('unknown keys are left out, absent optional ones too', () => {
    expect(check({ path: '/', novelty: 1 })).toEqual({ path: '/' });
    expect(check({ path: '/', link: null })).toEqual({ path: '/' });
    expect(check({ path: '/', link: 'x' })).toEqual({ path: '/', link: 'x' });
  });

  test('missing and wrong ones do not fit', () => {
    for (const value of [{}, { path: 7 }, { path: '/', link: 7 }, [], null, new Map(), 'path']) {
      expect(check(value)).toBeUndefined();
    }
  });
});

test('arguments that do not fit are EINVAL, answers EPROTO', () => {
  expect(checkArgs('incoming.set', { mode: 'steal', ports: [80] })).toEqual({
    mode: 'steal',
    ports: [80],
  });
  expect(() => checkArgs('incoming.set', { mode: 'take', ports: [80] })).toThrow(
    expect.objectContaining({ code: 'EINVAL' }),
  );
  expect(() => checkAnswer('files.list', { entries: [{ name: 'x' }] })).toThrow(
    expect.objectContaining({ code: 'EPROTO' }),
  );
});

test('a stream of an unknown kind is not known', () => {
  const from = { address: '10.0.0.7', port: 40_000 };
  const to = { address: '10.0.0.9', port: 80 };
  expect(checkStreamInfo({ kind: 'outgoing.tcp', to, novelty: 1 })).toEqual({
    kind: 'outgoing.tcp',
    to,
  });
  expect(checkStreamInfo({ kind: 'outgoing.udp' })).toEqual({ kind: 'outgoing.udp' });
  const unix = { kind: 'outgoing.unix', path: '/run/x.sock' };
  expect(checkStreamInfo(unix)).toEqual(unix);
  expect(checkStreamInfo({ kind: 'outgoing.unix', path: 7 })).toBeUndefined();
  const mirrored = { kind: 'incoming.tcp', mode: 'mirror', from, to, joined: true };
  expect(checkStreamInfo(mirrored)).toEqual(mirrored);
  const client = { kind: 'incoming.udp', mode: 'steal', from, to };
  expect(checkStreamInfo(client)).toEqual(client);
  for (const info of [
    { kind: 'incoming.udp', mode: 'off', from, to },
    { kind: 'outgoing.sctp', to },
    { kind: 'incoming.tcp', mode: 'off', from, to },
    { kind: 'incoming.tcp', mode: 'steal', to },
    { kind: 'outgoing.tcp', to: { address: 7, port: 1 } },
    null,
  ]) {
    expect(checkStreamInfo(info)).toBeUndefined();
  }
});

describe('filters', () => {
  const nested = (depth: number): object =>
    depth === 1 ? { path: ['/'] } : { any: [nested(depth - 1)] };

  test.each([
    {},
    { header: { 'x-user': 'ada' }, path: ['/a'], method: ['GET'], body: { $: '*' } },
    { any: [{ path: ['/a'] }, { all: [{ method: ['GET'] }] }] },
    nested(LIMITS.filterDepth),
    { path: Array(LIMITS.filterConditions - 1).fill('/') },
    { path: ['x'.repeat(LIMITS.filterPatternCharacters)] },
  ])('%j fits', (filter) => {
    expect(trafficFilter(filter)).toEqual(filter);
  });

  test.each([
    [[]],
    [{ header: ['x-user'] }],
    [{ header: { 'x-user': 7 } }],
    [{ path: '/a' }],
    [{ any: { path: ['/a'] } }],
    [nested(LIMITS.filterDepth + 1)],
    [{ path: Array(LIMITS.filterConditions).fill('/') }],
    [{ any: Array(LIMITS.filterConditions).fill({}) }],
    [{ path: ['x'.repeat(LIMITS.filterPatternCharacters + 1)] }],
    [{ header: { ['x'.repeat(LIMITS.filterPatternCharacters + 1)]: '*' } }],
  ])('%j does not', (filter) => {
    expect(trafficFilter(filter)).toBeUndefined();
  });
});
