import { expect, test } from 'vitest';
import { PORTS } from './network-plan.ts';
import { testWorld } from './outgoing/test-world.ts';
import { renderRules } from './rules.ts';

const local = testWorld({ names: ['db'], networks: ['172.18.0.0/16'] });
const text = renderRules({
  ...local,
  resolvers: ['127.0.0.11', 'fd00::53'],
  ports: PORTS,
  families: 'both',
});

/** The lines of one chain, without its braces. */
function chain(name: string): string[] {
  const body =
    new RegExp(`chain ${name} \\{\n([^}]*(?:\\{[^}]*\\}[^}]*)*?)\n {2}\\}`).exec(text)?.[1] ?? '';
  return body.split('\n').map((line) => line.trim());
}

test('one transaction replaces the former table, and no process owns the new one', () => {
  expect(text).toMatch(/^add table inet kdev\ndelete table inet kdev\ntable inet kdev \{/);
  expect(text).not.toContain('owner');
});

test('the chains of the output hook stand around the queue and before Docker’s nat', () => {
  const priorities = ['deliver', 'hold', 'carry', 'refuse', 'dns'].map((name) =>
    Number(/hook output priority (-\d+)/.exec(chain(name)[0] ?? '')?.[1]),
  );
  expect(priorities).toEqual([-161, -160, -140, -130, -110]);
});

test('answers to incoming connections, local networks and port 53 pass before a SYN is held and a datagram carried', () => {
  expect(chain('hold').slice(1)).toEqual([
    'ct direction reply accept',
    'meta mark { 0x6b640001, 0x6b640002 } accept',
    'ct mark 0x6b640004 tcp flags & (fin | syn | rst | ack) != syn meta mark set 0x6b640004 accept',
    'jump local',
    'meta l4proto { tcp, udp } th dport 53 accept',
    'tcp flags & (fin | syn | rst | ack) == syn meta mark set 0x6b640003',
    'meta l4proto udp meta mark set 0x6b640005',
    'meta l4proto { 1, 58 } ct state related meta mark set 0x6b640004',
  ]);
});

test('what is not carried is refused at once, and a SYN that nobody held too', () => {
  expect(chain('refuse').at(-1)).toBe('reject with icmpx admin-prohibited');
  expect(chain('refuse')[1]).toContain('0x6b640003 : goto unheld');
  expect(chain('unheld')).toEqual(['reject with icmpx admin-prohibited']);
});

test('the service’s resolvers are taken before local networks pass, every other nameserver behind them', () => {
  expect(chain('dns').slice(1)).toEqual([
    'meta mark 0x6b640001 accept',
    'ip daddr { 127.0.0.11 } udp dport 53 redirect to :27153',
    'ip daddr { 127.0.0.11 } tcp dport 53 redirect to :27153',
    'ip6 daddr { fd00::53 } udp dport 53 redirect to :27153',
    'ip6 daddr { fd00::53 } tcp dport 53 redirect to :27153',
    'jump local',
    'udp dport 53 redirect to :27154',
    'tcp dport 53 redirect to :27154',
  ]);
});

test('where lo has no IPv6 nothing takes it: it is refused', () => {
  const ipv4 = renderRules({ ...local, resolvers: [], ports: PORTS, families: 'ipv4' });
  expect(ipv4.match(/^ {4}meta nfproto ipv4 .*(hold|meta mark set).*$/gm)).toEqual([
    '    meta nfproto ipv4 tcp flags & (fin | syn | rst | ack) == syn meta mark set 0x6b640003',
    '    meta nfproto ipv4 meta l4proto udp meta mark set 0x6b640005',
    '    meta nfproto ipv4 meta l4proto { 1, 58 } ct state related meta mark set 0x6b640004',
  ]);
});

test('a namespace without resolvers has no rule for them', () => {
  const none = renderRules({ ...local, resolvers: [], ports: PORTS, families: 'both' });
  expect(none).not.toContain(':27153');
  expect(none).toContain('udp dport 53 redirect to :27154');
});
