import { expect, test } from 'vitest';
import { maskProject } from './mask-project.ts';

test('values are masked and told, names and structure stay', () => {
  const { masked, secrets } = maskProject(
    {
      name: 'shop',
      services: {
        orders: {
          image: 'orders:1',
          environment: { DB_PASSWORD: 'hunter$$2', EMPTY: '', PASSED: null },
          build: { context: '.', args: { TOKEN: 'build-token' } },
          'x-kdev': { target: 'pod/a', env: { override: { KEY: 'override-key' } } },
        },
        web: { image: 'web:1' },
      },
      configs: { app: { content: 'inline-config' }, other: { file: './a' } },
      'x-kdev': { namespace: 'shop' },
    },
    '***',
  );
  expect(masked).toEqual({
    name: 'shop',
    services: {
      orders: {
        image: 'orders:1',
        environment: { DB_PASSWORD: '***', EMPTY: '', PASSED: null },
        build: { context: '.', args: { TOKEN: '***' } },
        'x-kdev': { target: 'pod/a', env: { override: { KEY: '***' } } },
      },
      web: { image: 'web:1' },
    },
    configs: { app: { content: '***' }, other: { file: './a' } },
    'x-kdev': { namespace: 'shop' },
  });
  expect(secrets).toEqual(['hunter$2', 'build-token', 'override-key', 'inline-config']);
});
