import { expect, test } from 'vitest';
import { createRefusedWatch, parseRefused, type Refused } from './watch-refused.ts';

const listing = `table inet kdev {
	counter refused {
		packets 7 bytes 231
	}
}
table inet kdev {
	set refused4 {
		type ipv4_addr . inet_proto . inet_service
		size 256
		flags dynamic,timeout
		timeout 30s
		elements = { 192.0.2.1 . 17 . 443 timeout 30s expires 29s996ms,
			     198.51.100.7 . 17 . 8125 expires 1s }
	}
}
table inet kdev {
	set refused6 {
		type ipv6_addr . inet_proto . inet_service
		elements = { 2001:db8::1 . 6 . 443 timeout 30s expires 29s }
	}
}
`;

test('the counter and the destinations are read from nft’s words', () => {
  expect(parseRefused(listing)).toEqual({
    packets: 7,
    destinations: ['udp to 192.0.2.1:443', 'udp to 198.51.100.7:8125', 'tcp to [2001:db8::1]:443'],
  });
  expect(parseRefused('')).toEqual({ packets: 0, destinations: [] });
});

test('each destination is named once while it lasts, with what is not carried', () => {
  const said: string[] = [];
  let now: Refused = { packets: 0, destinations: [] };
  const count = createRefusedWatch({
    list: () => now,
    onRefused: ({ name, text }) => said.push(`${name}: ${text}`),
  });
  expect(count()).toBe(0);
  now = { packets: 2, destinations: ['udp to [2001:db8::1]:443'] };
  expect(count()).toBe(2);
  now = { packets: 5, destinations: ['udp to [2001:db8::1]:443', 'tcp to [2001:db8::1]:443'] };
  count();
  now = { packets: 6, destinations: [] };
  count();
  count();
  expect(said).toEqual([
    'IPv6 is not carried yet: refused udp to [2001:db8::1]:443',
    'IPv6 is not carried yet: refused tcp to [2001:db8::1]:443',
    'only TCP and UDP are carried: refused a packet without a port',
  ]);
});
