import { expect, test } from 'vitest';
import type { Entered } from './enter-cluster.ts';
import { tellDeclaredOverlaps } from './tell-overlaps.ts';

const model = {
  services: { orders: { networks: { back: null } }, web: { networks: { front: null } } },
  networks: {
    back: { name: 'shop_back', ipam: { config: [{ subnet: '10.244.0.0/24' }] } },
    front: { name: 'shop_front' },
  },
};
const network = { pods: ['10.244.0.0/24'], services: [] };
const facts = (service: string) => ({ decision: { service }, network });

test('a network whose addresses the compose file fixes is told before anything is made', () => {
  const settings = ['orders', 'web'].map((service) => ({
    service,
    outgoing: { local: [], remote: [], podLoopback: [], unix: [] },
  }));
  const said: string[] = [];
  const story = {
    say: (text: string) => said.push(text),
    terminal: { moves: false, colour: false, unicode: true, columns: 100, rows: 40 },
  };
  tellDeclaredOverlaps(
    { project: { name: 'shop', model } } as never,
    { settings, result: { services: [facts('orders'), facts('web')] } } as unknown as Entered,
    story,
  );
  expect(said).toHaveLength(1);
  expect(said[0]?.replace(/\s+/g, ' ')).toContain('outgoing: {remote: [10.244.0.0/24]}');
  expect(said[0]).toMatch(/^ *orders /);
});
