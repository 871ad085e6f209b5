import { expect, test } from 'vitest';
import { serviceTraits } from './service-traits.ts';

test('what a resolved project tells of its services', () => {
  const services = {
    orders: {
      build: { context: '.' },
      ports: [
        { target: 8080, published: '80', protocol: 'tcp' },
        { target: 53, protocol: 'udp' },
      ],
      expose: ['9090', '8080/tcp', '54/udp'],
    },
    db: { image: 'postgres:17' },
  };
  expect(serviceTraits({ services })).toEqual([
    { name: 'orders', image: undefined, isBuilt: true, ports: [8080, 9090] },
    { name: 'db', image: 'postgres:17', isBuilt: false, ports: [] },
  ]);
});
