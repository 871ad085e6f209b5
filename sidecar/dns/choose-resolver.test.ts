import { expect, test } from 'vitest';
import { testWorld } from '../outgoing/test-world.ts';
import { chooseForwarded, chooseResolver } from './choose-resolver.ts';

const world = testWorld({
  names: ['db', 'cache', 'host.docker.internal'],
  networks: ['172.18.0.0/16'],
  outgoing: { local: ['*.corp.example', '10.9.0.0/16', 'ports.example:5432'], remote: ['cache'] },
  dns: { local: ['wiki'], remote: ['cluster.corp.example'] },
});
const [A, NS, PTR, TXT, AAAA, HTTPS] = [1, 2, 12, 16, 28, 65];
const asked = (name: string, type: number) => ({
  id: 1,
  opcode: 0,
  labels: name.split('.'),
  name,
  type,
  class: 1,
  end: 0,
});

test.each([
  ['db', A, 'docker', 'no name'],
  ['db', AAAA, 'docker', 'no name'],
  ['host.docker.internal', A, 'docker', 'no name'],
  ['db', HTTPS, 'no data', 'no name'],
  ['db', TXT, 'no data', 'no name'],
  ['postgres', A, 'agent', 'agent'],
  ['db.default.svc', A, 'agent', 'agent'],
  ['sub.db', A, 'agent', 'agent'],
  ['', NS, 'agent', 'agent'],
  ['9.0.18.172.in-addr.arpa', PTR, 'docker', 'no name'],
  ['9.0.96.10.in-addr.arpa', PTR, 'agent', 'agent'],
  ['cache', A, 'agent', 'agent'],
  ['git.corp.example', A, 'docker', 'upstream'],
  ['git.corp.example', HTTPS, 'docker', 'upstream'],
  ['cluster.corp.example', A, 'agent', 'agent'],
  ['corp.example', A, 'agent', 'agent'],
  ['wiki', A, 'docker', 'upstream'],
  ['ports.example', A, 'agent', 'agent'],
  ['7.0.9.10.in-addr.arpa', PTR, 'docker', 'upstream'],
])('%s, type %i, is answered by: %s; where it is forwarded: %s', (name, type, own, forwarded) => {
  expect(chooseResolver(asked(name, type), world)).toBe(own);
  expect(chooseForwarded(asked(name, type), world)).toBe(forwarded);
});
