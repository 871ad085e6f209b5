import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AgentPlan } from './agent-plan.ts';
import { startAgent } from './start-agent.ts';
import { clusterAt, serveHttp } from './test-server.ts';

const containerId = 'c'.repeat(64);
const plan: AgentPlan = {
  session: 'abcdefghij12',
  service: 'orders',
  namespace: 'shop',
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
    containerId,
    image: 'shop/orders',
    pullSecrets: [],
    ports: [{ port: 8080, protocol: 'TCP' }],
    probePorts: [],
    mounts: [],
    readyPods: 1,
  },
  config: {
    protocol: 1,
    session: 'abcdefghij12',
    tunnelPort: 7313,
    target: { namespace: 'shop', pod: 'orders-1', container: 'app', containerId },
    probePorts: [],
    lingerMs: 40_000,
  },
  incoming: { mode: 'steal', ports: [8080] },
  files: false,
  owner: 'ada@laptop',
  since: new Date('2026-01-31T10:31:20Z'),
};
const key = { id: '0123456789abcdef0123456789abcdef', secret: Buffer.alloc(32, 7) };

/** An API server takes its time, and makes what it was asked for whether or not anybody still waits. */
test.each(['secrets', 'jobs'])(
  'called off while its %s are being made, nothing is left',
  async (kind) => {
    const made = new Set<string>();
    const caller = new AbortController();
    const server = await serveHttp(async ({ method, url = '' }, response) => {
      const [, what = ''] = /\/(secrets|jobs)\b/.exec(url) ?? [];
      if (method === 'POST') {
        if (what === kind) caller.abort(new Error('enough'));
        await delay(50);
        made.add(what);
      }
      if (method === 'DELETE' && !made.delete(what)) response.statusCode = 404;
      response.end('{"metadata": {"uid": "1"}}');
    });
    const cluster = clusterAt(server.url);
    try {
      const starting = startAgent(
        cluster,
        { plan, key },
        { signal: caller.signal, onProgress: () => undefined },
      );
      await expect(starting).rejects.toThrow('enough');
      await delay(100);
      expect([...made]).toEqual([]);
    } finally {
      cluster.close();
      await server.close();
    }
  },
);
