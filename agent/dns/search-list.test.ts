import { expect, it } from 'vitest';
import { candidateNames } from './search-list.ts';

const conf = { search: ['shop.svc.cluster.local', 'cluster.local.'], ndots: 2 };
const names = (name: string) =>
  candidateNames({ labels: name.split('.'), name: name.toLowerCase() }, conf).map((labels) =>
    labels.join('.'),
  );

it('completes a short name first, a long one last', () => {
  expect(names('Db')).toEqual(['Db.shop.svc.cluster.local', 'Db.cluster.local', 'Db']);
  expect(names('a.b')).toEqual(['a.b.shop.svc.cluster.local', 'a.b.cluster.local', 'a.b']);
  expect(names('a.b.c')).toEqual(['a.b.c', 'a.b.c.shop.svc.cluster.local', 'a.b.c.cluster.local']);
});

it('tries a name that is in a domain of the list as it is first', () => {
  expect(
    candidateNames(
      { labels: ['Db', 'CLUSTER', 'local'], name: 'db.cluster.local' },
      { ...conf, ndots: 5 },
    )[0],
  ).toEqual(['Db', 'CLUSTER', 'local']);
  expect(
    candidateNames(
      { labels: ['db', 'acluster', 'local'], name: 'db.acluster.local' },
      { ...conf, ndots: 5 },
    )[0],
  ).toEqual(['db', 'acluster', 'local', 'shop', 'svc', 'cluster', 'local']);
});

it('completes neither reverse names nor the root, nor beyond what fits', () => {
  expect(names('1.0.0.10.in-addr.arpa')).toEqual(['1.0.0.10.in-addr.arpa']);
  expect(candidateNames({ labels: [], name: '' }, conf)).toEqual([[]]);
  const long = Array(3).fill('x'.repeat(63)).join('.');
  expect(names(`${long}.${'y'.repeat(50)}`)).toEqual([`${long}.${'y'.repeat(50)}`]);
});

it('passes over what is no name in the list', () => {
  const odd = { search: ['.', 'a..b', 'ok'], ndots: 5 };
  expect(candidateNames({ labels: ['db'], name: 'db' }, odd)).toEqual([['db', 'ok'], ['db']]);
});
