import { randomBytes } from 'node:crypto';
import { awaitAgentEnd } from '../cluster/await-agent-end.ts';
import { ClusterLeg } from '../cluster/cluster-leg.ts';
import { removeAgentAndPod } from '../cluster/remove-agent.ts';
import { type RunningAgent, startAgent } from '../cluster/start-agent.ts';
import { kdevError } from '../errors/kdev-error.ts';
import type { SessionKey } from '../protocol/preamble.ts';
import { deadline } from '../runtime/deadline.ts';
import { connectLink } from '../tunnel/connect-link.ts';
import { Mux } from '../tunnel/mux.ts';
import { securePipe } from '../tunnel/secure-pipe.ts';
import type { MuxStream } from '../tunnel/stream.ts';
import type { Decided } from './decide.ts';
import { aborted } from './pause.ts';

export interface DumpOptions {
  readonly decided: Decided;
  /** A connection's copy: what its client sends. */
  readonly onConnection: (stream: MuxStream) => void;
  /** Something is missing from the copies, in words. */
  readonly onNotice: (text: string) => void;
  readonly onProgress: (words: string) => void;
  readonly onReady: () => void;
  readonly signal: AbortSignal;
}

const handshakeMs = 10_000;
const answerMs = 10_000;
const farewellMs = 1_000;
/** How long its agent stays where this process is gone without a word. */
export const dumpLingerMs = 10_000;

/**
 * Looks on at what comes in to a target, by an agent of its own, until the signal aborts; rejects where the agent or its target ends
 * first. Nothing of it stays in the cluster.
 */
export async function dumpTraffic(options: DumpOptions): Promise<void> {
  const { decided, onProgress, signal } = options;
  const { cluster, plan } = decided;
  const key = { id: randomBytes(16).toString('hex'), secret: randomBytes(32) };
  const agent = await startAgent(cluster, { plan, key }, { signal, onProgress });
  const over = new AbortController();
  const mux = openMux(decided, agent, key);
  let hasLeft = false;
  try {
    mux.onStream = (stream) => {
      stream.on('error', () => undefined); // seen by its close
      stream.accept();
      stream.end();
      options.onConnection(stream);
    };
    mux.handle('sidecar.notice', ({ text }) => {
      options.onNotice(text);
      return Promise.resolve({ body: {} });
    });
    const { ports, filter } = plan.incoming;
    const args = {
      mode: 'mirror',
      ports: ports === 'all' ? [] : ports,
      ...(filter && { filter }),
    } as const;
    await mux.call('incoming.set', args, { timeoutMs: answerMs, signal });
    options.onReady();
    await Promise.race([
      aborted(signal),
      mux.closed.then((why) => Promise.reject(gone(plan.target.name, why?.message))),
      awaitAgentEnd(cluster, agent.pod, AbortSignal.any([signal, over.signal])).then(
        (why) => Promise.reject(gone(plan.target.name, why)),
        () => new Promise<never>(() => undefined),
      ),
    ]);
  } finally {
    over.abort();
    hasLeft = await mux.call('agent.leave', {}, { timeoutMs: farewellMs }).then(
      () => true,
      () => false,
    );
    mux.close('nobody looks on any more').catch(() => undefined);
    const emptyPod = hasLeft ? agent.pod.name : undefined;
    await removeAgentAndPod(cluster, { name: agent.name, namespace: plan.namespace, emptyPod });
  }
}

function openMux({ cluster, plan }: Decided, agent: RunningAgent, key: SessionKey): Mux {
  const leg = new ClusterLeg(cluster, { refuse: [] });
  const door = { namespace: plan.namespace, pod: agent.pod.name, port: plan.config.tunnelPort };
  const link = connectLink(async (dialling) => {
    const pipe = await leg.open(door, dialling);
    return await securePipe(pipe, 'dump', key, deadline(handshakeMs, dialling));
  });
  return new Mux(link, { side: 'caller' });
}

function gone(target: string, why = 'the link has ended') {
  return kdevError('TARGET_GONE', {
    fact: `the pod of ${target} that was looked at is gone, or its agent is`,
    evidence: why,
    hints: [{ who: 'you', text: 'start again: a pod that is ready by then is chosen' }],
  });
}
