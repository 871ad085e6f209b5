import { expect, test } from 'vitest';
import { type AskedOf, chooseResolver, type Resolver } from './choose-resolver.ts';

const view = {
  names: new Set(['db', 'host.docker.internal']),
  networks: { v4: ['127.0.0.0/8', '172.18.0.2/16'], v6: ['::/127'] },
};
const [A, NS, PTR, TXT, AAAA, HTTPS] = [1, 2, 12, 16, 28, 65];

test.each<[string, number, AskedOf, Resolver]>([
  ['db', A, 'service', 'docker'],
  ['db', AAAA, 'service', 'docker'],
  ['host.docker.internal', A, 'service', 'docker'],
  ['db', HTTPS, 'service', 'no data'],
  ['db', TXT, 'service', 'no data'],
  ['postgres', A, 'service', 'agent'],
  ['db.default.svc', A, 'service', 'agent'],
  ['sub.db', A, 'service', 'agent'],
  ['', NS, 'service', 'agent'],
  ['9.0.18.172.in-addr.arpa', PTR, 'service', 'docker'],
  ['9.0.96.10.in-addr.arpa', PTR, 'service', 'agent'],
  ['db', A, 'forwarded', 'no name'],
  ['9.0.18.172.in-addr.arpa', PTR, 'forwarded', 'no name'],
  ['postgres', A, 'forwarded', 'agent'],
])('%s, type %i, asked of the %s resolver: %s', (name, type, askedOf, resolver) => {
  const question = { id: 1, opcode: 0, labels: name.split('.'), name, type, class: 1, end: 0 };
  expect(chooseResolver(question, askedOf, view)).toBe(resolver);
});
