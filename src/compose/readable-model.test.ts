import { expect, test } from 'vitest';
import { readableModel } from './readable-model.ts';

test('SSH keys and keys with a dollar are as Compose reads them', () => {
  const build = { context: '.', ssh: ['default', 'mine: /home/ada/my=key: 1', 'read=again'] };
  expect(
    readableModel({ services: { api: { build, labels: { a$$b: '$$' } }, web: null } }),
  ).toEqual({
    services: {
      api: {
        build: { context: '.', ssh: ['default', 'mine=/home/ada/my=key: 1', 'read=again'] },
        labels: { a$b: '$$' },
      },
      web: null,
    },
  });
  expect(readableModel({ name: 'empty' })).toEqual({ name: 'empty' });
});

test('no limit of memory and swap is a number, every other one a text', () => {
  const services = { api: { memswap_limit: '-1' }, web: { memswap_limit: '1024' } };
  expect(readableModel({ services })).toEqual({
    services: { api: { memswap_limit: -1 }, web: { memswap_limit: '1024' } },
  });
});
