import { expect, test } from 'vitest';
import { filterWords } from './filter-words.ts';

test('a filter is told in words', () => {
  expect(filterWords({ header: { 'x-user': 'ada' } })).toBe('header x-user=ada');
  expect(
    filterWords({
      path: ['/api/*', '/v2'],
      method: ['GET'],
      any: [{ header: { a: '1', b: '2' } }, { body: { '$.x': '~y' } }],
      all: [{ path: ['/z'] }, { any: [{ method: ['PUT'] }] }],
    }),
  ).toBe(
    'path /api/* or /v2 and method GET and path /z and method PUT and (header a=1 and header b=2 or body $.x=~y)',
  );
});
