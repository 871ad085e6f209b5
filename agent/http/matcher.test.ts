import { expect, test } from 'vitest';
import type { TrafficFilter } from '../../src/protocol/traffic-filter.ts';
import { BODY_MAX_BYTES, compileFilter, type JudgedRequest } from './matcher.ts';

const request: JudgedRequest = {
  method: 'POST',
  path: '/api/orders?limit=2',
  headers: [
    ['Host', 'orders:8080'],
    ['X-User', 'ada'],
    ['Accept', 'text/html'],
    ['accept', 'application/json'],
    ['X-Name', Buffer.from('Zoë').toString('latin1')],
  ],
};
const order = Buffer.from(
  JSON.stringify({
    user: { id: 'ada', 'first name': 'Ada', admin: false },
    lines: [{ sku: 'a-1', count: 2 }, { sku: 'b-2' }],
  }),
);

function judge(filter: TrafficFilter, body?: Buffer | null): boolean | undefined {
  return compileFilter(filter)(body === undefined ? request : { ...request, body });
}

test.each<[filter: TrafficFilter, answer: boolean]>([
  [{ header: { 'x-user': 'ada' } }, true],
  [{ header: { 'x-user': 'Ada' } }, false],
  [{ header: { 'x-user': 'ad' } }, false],
  [{ header: { 'x-user': 'a?a' } }, true],
  [{ header: { 'x-user': '*' } }, true],
  [{ header: { 'x-user': '~^(ada|bob)$' } }, true],
  [{ header: { 'x-user': '~(?i)^ADA$' } }, true],
  [{ header: { 'x-user': '~d' } }, true],
  [{ header: { 'x-user': '~^d' } }, false],
  [{ header: { 'x-other': '*' } }, false],
  [{ header: { accept: 'application/*' } }, true],
  [{ header: { accept: 'text.html' } }, false],
  [{ header: { 'x-name': 'Zoë' } }, true],
  [{ header: { 'x-name': 'Zo?' } }, true],
  [{ header: { 'x-user': 'ada', accept: 'image/*' } }, false],
  [{ path: ['/api/orders'] }, true],
  [{ path: ['/api/*', '/health'] }, true],
  [{ path: ['/api'] }, false],
  [{ path: ['~^/api/'] }, true],
  [{ path: ['*limit*'] }, false],
  [{ method: ['GET', 'POST'] }, true],
  [{ method: ['GET'] }, false],
  [{ any: [{ method: ['GET'] }, { header: { 'x-user': 'ada' } }] }, true],
  [{ any: [{ method: ['GET'] }, { path: ['/'] }] }, false],
  [{ all: [{ method: ['POST'] }, { header: { 'x-user': 'ada' } }] }, true],
  [{ all: [{ method: ['POST'] }, { header: { 'x-user': 'bob' } }] }, false],
  [{ method: ['POST'], any: [{ path: ['/api/*'] }], all: [{ header: { accept: '*' } }] }, true],
  [{ any: [] }, false],
])('%j → %s', (filter, answer) => {
  expect(judge(filter)).toBe(answer);
});

test.each<[path: string, pattern: string, answer: boolean]>([
  ['$.user.id', 'ada', true],
  ['$.user.id', '*', true],
  ['$.user', '*', false],
  ["$['user']['first name']", 'Ada', true],
  ['$["user"].admin', 'false', true],
  ['$.lines[0].count', '2', true],
  ['$.lines[-1].sku', 'b-*', true],
  ['$.lines[2].sku', '*', false],
  ['$.lines[*].sku', 'b-2', true],
  ['$.lines.*.sku', 'c', false],
  ['$..sku', 'a-1', true],
  ['$..*', '2', true],
  ['$.constructor.name', '*', false],
])('the JSON body at %s against %s → %s', (path, pattern, answer) => {
  expect(judge({ body: { [path]: pattern } }, order)).toBe(answer);
});

test('a body is asked for only where it decides', () => {
  const body = { '$.user.id': 'ada' };
  expect(judge({ body })).toBe(undefined);
  expect(judge({ body, method: ['GET'] })).toBe(false);
  expect(judge({ any: [{ body }, { method: ['POST'] }] })).toBe(true);
  expect(judge({ any: [{ body }, { method: ['GET'] }] })).toBe(undefined);
  expect(judge({ body }, order)).toBe(true);
  expect(judge({ body }, null)).toBe(false);
});

test('what is no JSON, and what is larger than may be read before the decision, matches no body', () => {
  expect(judge({ body: { $: '*' } }, Buffer.from('no JSON'))).toBe(false);
  const text = (characters: number) => Buffer.from(JSON.stringify('x'.repeat(characters)));
  expect(judge({ body: { $: '~^x' } }, text(8000))).toBe(true);
  expect(judge({ body: { $: '~^x' } }, text(BODY_MAX_BYTES))).toBe(false);
});

test('deep and wide bodies cost little', () => {
  const deep = Buffer.from('['.repeat(BODY_MAX_BYTES / 2) + ']'.repeat(BODY_MAX_BYTES / 2));
  expect(judge({ body: { '$..a': 'b' } }, deep)).toBe(false);
  const wide = Buffer.from(JSON.stringify(new Array(30_000).fill(0)));
  expect(judge({ body: { '$..*': '1' } }, wide)).toBe(false);
});

test('the query does not belong to the path, neither does an authority', () => {
  const isOrders = compileFilter({ path: ['/orders'] });
  expect(isOrders({ ...request, path: '/orders' })).toBe(true);
  expect(isOrders({ ...request, path: 'http://orders:8080/orders?x=/y' })).toBe(true);
  expect(isOrders({ ...request, path: 'http://orders:8080' })).toBe(false);
  expect(isOrders({ ...request, path: '/?/orders' })).toBe(false);
});

test('an expression that would take for ever elsewhere does not, and long values match nothing', () => {
  const isEvil = compileFilter({ header: { 'x-user': '~^(a+)+$' } });
  const withUser = (value: string) => ({ ...request, headers: [['x-user', value]] as const });
  expect(isEvil(withUser(`${'a'.repeat(8000)}!`))).toBe(false);
  expect(isEvil(withUser('a'.repeat(8192)))).toBe(true);
  expect(isEvil(withUser('a'.repeat(8193)))).toBe(false);
});

test.each<TrafficFilter>([
  { header: { 'x-user': '~(' } },
  { header: { 'x-user': '~(?=a)' } },
  { path: ['~(.)\\1'] },
  { path: ['~.{1000}'] },
  { body: { 'user.id': 'ada' } },
  { body: { '$..a..b': 'ada' } },
  { body: { '$[?(@.a)]': 'ada' } },
  { any: [{ all: [{ body: { '$.': 'x' } }] }] },
])('%j is refused', (filter) => {
  expect(() => compileFilter(filter)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
});
