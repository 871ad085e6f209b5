import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { errnoError, errnoName, errnoNumber, errnoOf } from './errno.ts';

test('every number is the one of Linux', () => {
  for (const [name, number] of Object.entries(constants.errno)) {
    if (errnoNumber(name) !== errnoNumber('EIO')) expect(errnoNumber(name), name).toBe(number);
  }
});

test('a name comes back as itself; what is not in the table is EIO', () => {
  for (const name of ['ECONNREFUSED', 'ENOENT', 'ETIMEDOUT', 'ESTALE', 'ETOOSLOW']) {
    expect(errnoName(errnoNumber(name))).toBe(name);
  }
  expect(errnoName(errnoNumber('ENOTSUCHNAME'))).toBe('EIO');
  expect(errnoName(errnoNumber('constructor'))).toBe('EIO');
  expect(errnoName(65_000)).toBe('EIO');
});

test('an error stands for its code, anything else for EIO', () => {
  expect(errnoOf(errnoError('EPIPE', 'x'))).toBe('EPIPE');
  expect(errnoOf(Object.assign(new Error('x'), { code: 'ERR_SOMETHING' }))).toBe('EIO');
  expect(errnoOf(new Error('x'))).toBe('EIO');
  expect(errnoOf('EPIPE')).toBe('EIO');
});
