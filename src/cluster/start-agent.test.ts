import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startAgent } from './start-agent.ts';
import { plan as kdevAgents, key } from './test-plan.ts';
import { clusterAt, serveHttp } from './test-server.ts';

const plan = { ...kdevAgents, namespace: 'shop' };

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
