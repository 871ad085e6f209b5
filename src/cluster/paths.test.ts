import { expect, test } from 'vitest';
import { namedIn, podPath, podsPath } from './paths.ts';

test('a name stays in its place', () => {
  expect(podPath('shop', 'orders-1')).toBe('/api/v1/namespaces/shop/pods/orders-1');
  for (const name of ['..', '.', '', '../../secrets', '..%2f', 'a?b', 'a#b', 'a\\..\\b']) {
    const { pathname } = new URL(`http://x${namedIn(podsPath('shop'), name)}`);
    expect(pathname).toMatch(/^\/api\/v1\/namespaces\/shop\/pods\/[^/]+$/);
    const inside = new URL(`http://x${podPath(name, 'orders')}`).pathname;
    expect(inside).toMatch(/^\/api\/v1\/namespaces\/[^/]+\/pods\/orders$/);
  }
});
