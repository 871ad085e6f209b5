import { expect, test } from 'vitest';
import { PORTS } from '../network-plan.ts';
import { chooseListening, EVERY_PORT_MAX } from './listening-ports.ts';

const pairs = [
  { target: 80, service: 3000 },
  { target: 81, service: 3001 },
  { target: 82, service: 3000 },
];

const on = (port: number, ...addresses: string[]) => ({ port, family: 4, addresses }) as const;

test('a target’s port counts while its service port listens, on whatever address', () => {
  const choose = chooseListening({ ports: pairs });
  const ports = [on(3000, '127.0.0.1'), on(27_101, '127.0.0.1')];
  expect(choose(ports).map(({ target }) => target)).toEqual([80, 82]);
  expect(choose([])).toEqual([]);
});

test('every port of the service, in order and once, but for what is ours, Docker’s or to be ignored', () => {
  const choose = chooseListening({ ports: [], every: { except: [9229] } });
  const ports = [
    ...Object.values(PORTS).map((port) => on(port, '127.0.0.1')),
    on(40_961, '127.0.0.11'),
    on(9229, '127.0.0.1'),
    on(8081, '127.0.0.11', '127.0.0.1'),
    on(8080, '0.0.0.0'),
    { ...on(8080, '::'), family: 6 as const },
  ];
  expect(choose(ports)).toEqual([
    { service: 8080, target: 8080 },
    { service: 8081, target: 8081 },
  ]);
});

test('not more than the agent takes', () => {
  const many = Array.from({ length: EVERY_PORT_MAX + 1 }, (_, at) => on(1000 + at, '0.0.0.0'));
  const chosen = chooseListening({ ports: [], every: { except: [] } })(many);
  expect(chosen).toHaveLength(EVERY_PORT_MAX);
  expect(chosen.at(-1)?.target).toBe(1000 + EVERY_PORT_MAX - 1);
});
