// For this room's unit tests: an agent as it might be wanted.
import type { AgentPlan } from './agent-plan.ts';

export const plan: AgentPlan = {
  session: 'abcdefghij12',
  service: 'orders',
  namespace: 'kdev-agents',
  image: 'kdev/runtime:0.1.0',
  target: {
    name: 'deployment/orders',
    kind: 'deployment',
    namespace: 'shop',
    pod: 'orders-1',
    podUid: '11111111-2222-3333-4444-555555555555',
    podAddress: '10.244.0.7',
    hostname: 'orders-1',
    node: 'node-3',
    hostNetwork: false,
    container: 'app',
    containerFrom: 'the only one',
    containerId: 'c'.repeat(64),
    image: 'shop/orders',
    pullSecrets: [],
    ports: [{ port: 8080, protocol: 'TCP' }],
    probePorts: [8080],
    mounts: [],
    readyPods: 1,
  },
  config: {
    protocol: 2,
    session: 'abcdefghij12',
    tunnelPort: 7313,
    target: { namespace: 'shop', pod: 'orders-1', container: 'app', containerId: 'c'.repeat(64) },
    probePorts: [8080],
    lingerMs: 40_000,
  },
  incoming: { mode: 'steal', ports: [8080] },
  files: false,
  sockets: false,
  owner: 'ada@laptop',
  since: new Date('2026-01-31T10:31:20Z'),
};
export const key = { id: '0123456789abcdef0123456789abcdef', secret: Buffer.alloc(32, 7) };
