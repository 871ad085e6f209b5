import { expect, test } from 'vitest';
import { publishedPorts } from './published-ports.ts';

test('the fixed ports of the services that start', () => {
  const project = {
    services: {
      web: {
        ports: [
          { mode: 'ingress', target: 80, published: '8080', protocol: 'tcp' },
          { target: 53, published: '5353', protocol: 'udp', host_ip: '127.0.0.1' },
          { target: 81 },
          { target: 82, published: '0', protocol: 'tcp' },
          { target: 83, published: '8000-8010', protocol: 'tcp' },
          { target: 84, published: '9000', protocol: 'sctp' },
        ],
      },
      other: { ports: [{ target: 80, published: '8081', protocol: 'tcp' }] },
      none: {},
    },
  };
  expect(publishedPorts(project, ['web', 'none', 'unknown'])).toEqual([
    { service: 'web', address: undefined, port: 8080, protocol: 'tcp' },
    { service: 'web', address: '127.0.0.1', port: 5353, protocol: 'udp' },
  ]);
});
