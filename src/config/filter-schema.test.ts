import { expect, test } from 'vitest';
import { filterSchema } from './filter-schema.ts';

test('a filter of every form becomes what the agent takes', () => {
  expect(filterSchema.parse('x-user=a=b')).toEqual({ header: { 'x-user': 'a=b' } });
  expect(
    filterSchema.parse({
      header: { 'x-count': 2, 'x-on': true },
      path: '/api/*',
      method: 'get',
      body: { '$.id': 42 },
      any: [{ method: ['post', 'PUT'] }, { all: [{ path: ['/a', '/b'] }] }],
    }),
  ).toEqual({
    header: { 'x-count': '2', 'x-on': 'true' },
    path: ['/api/*'],
    method: ['GET'],
    body: { '$.id': '42' },
    any: [{ method: ['POST', 'PUT'] }, { all: [{ path: ['/a', '/b'] }] }],
  });
});

test('an expression is looked at as the agent will', () => {
  expect(filterSchema.safeParse({ path: '~^/v[12]/' }).success).toBe(true);
  expect(filterSchema.safeParse({ path: '~(a)\\1' }).success).toBe(false);
  // Behind no ~ it is a glob.
  expect(filterSchema.safeParse({ path: '(a)\\1' }).success).toBe(true);
});
