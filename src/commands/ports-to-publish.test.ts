import { expect, test } from 'vitest';
import { parseCommandLine } from '../compose/command-line.ts';
import type { ResolvedProject } from '../compose/read-project.ts';
import { portsToPublish } from './ports-to-publish.ts';

const port = (published: number) => ({ target: 80, published: String(published), protocol: 'tcp' });
const project = {
  active: ['web', 'orders'],
  model: {
    services: {
      web: { ports: [port(1)], depends_on: { orders: { condition: 'service_started' } } },
      orders: { ports: [port(2)] },
      tool: { ports: [port(3)], profiles: ['tools'] },
    },
  },
} as unknown as ResolvedProject;

test.each([
  ['up -d', [1, 2]],
  ['up web', [1, 2]],
  ['up --no-deps web', [1]],
  ['up tool', [3]],
  ['start', [1, 2]],
  ['start orders', [2]],
  ['watch', [1, 2]],
  ['run web', []],
])('%s publishes %j', (line, ports) => {
  const commandLine = parseCommandLine(line.split(' '), []);
  expect(
    portsToPublish({ project, commandLine })
      .map((one) => one.port)
      .sort(),
  ).toEqual(ports);
});
