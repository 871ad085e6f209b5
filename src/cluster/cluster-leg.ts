import type { Duplex } from 'node:stream';
import { kdevError } from '../errors/kdev-error.ts';
import { apiRefusal, noAnswer } from './api-failure.ts';
import type { Cluster } from './cluster.ts';
import { FORWARD_PROOF_MS } from './limits.ts';
import { PipeRefused, type Rung } from './pipe-refused.ts';
import { type AgentDoor, openProxyPipe } from './pods-proxy.ts';
import { openForwardPipe } from './port-forward.ts';

export interface LegState {
  /** The rung that the last pipe took; undefined before the first. */
  readonly rung: Rung | undefined;
  /** Why the rungs above it are not used. */
  readonly refused: readonly { readonly rung: Rung; readonly why: string }[];
}

const openers: readonly {
  readonly rung: Rung;
  readonly open: (api: Cluster['api'], door: AgentDoor, signal: AbortSignal) => Promise<Duplex>;
}[] = [
  { rung: 'pods/proxy', open: openProxyPipe },
  { rung: 'port-forward', open: openForwardPipe },
];

/** The way from this machine to agents of one cluster: opens pipes, and remembers which rung of the ladder holds. */
export class ClusterLeg {
  readonly #cluster: Cluster;
  readonly #refused = new Map<Rung, string>();
  #rung: Rung | undefined;
  /** Rungs that have carried a pipe: trouble with one of them is trouble of the moment. */
  readonly #proven = new Set<Rung>();

  /** `refuse`: rungs not to be used, whatever they can do. */
  constructor(cluster: Cluster, { refuse = [] }: { readonly refuse?: readonly Rung[] } = {}) {
    this.#cluster = cluster;
    for (const rung of refuse) this.#refused.set(rung, 'refused by setting');
  }

  get state(): LegState {
    const refused = [...this.#refused].map(([rung, why]) => ({ rung, why }));
    return { rung: this.#rung, refused };
  }

  /**
   * A pipe by the best rung that holds. Errors carry a `code`; ECONNREFUSED says that the agent does not listen (yet).
   * A port-forward may say so only after it has opened: as the pipe's own error.
   */
  async open(door: AgentDoor, signal: AbortSignal): Promise<Duplex> {
    const failures: PipeRefused[] = [];
    for (const { rung, open } of openers) {
      if (this.#refused.has(rung)) continue;
      const doubted = failures.some(({ code }) => code === 'ECONNREFUSED');
      const opening = async (): Promise<Duplex> => {
        const pipe = await open(this.#cluster.api, door, signal);
        return doubted ? await proven(pipe, signal) : pipe;
      };
      const pipe = await this.#try(opening, signal);
      if (!(pipe instanceof PipeRefused)) {
        this.#remember(rung, failures);
        return pipe;
      }
      failures.push(pipe);
    }
    throw this.#noWay(failures);
  }

  /** Once more with new credentials, where the API server does not take the old ones. */
  async #try(open: () => Promise<Duplex>, signal: AbortSignal): Promise<Duplex | PipeRefused> {
    const { api } = this.#cluster;
    const first = await this.#tryOnce(open, signal);
    if (!isUnauthorized(first)) return first;
    const second = api.refreshCredentials() ? await this.#tryOnce(open, signal) : first;
    if (!isUnauthorized(second)) return second;
    throw apiRefusal({ status: 401, reason: 'Unauthorized', message: second.message }, api);
  }

  async #tryOnce(open: () => Promise<Duplex>, signal: AbortSignal): Promise<Duplex | PipeRefused> {
    try {
      return await open();
    } catch (error) {
      if (error instanceof PipeRefused) return error;
      throw noAnswer(error, this.#cluster.api, signal);
    }
  }

  /** A lower rung held where an upper one lastingly did not: the upper one is not tried again. */
  #remember(rung: Rung, failures: readonly PipeRefused[]): void {
    this.#rung = rung;
    this.#proven.add(rung);
    for (const { rung: upper, lasting, why } of failures) {
      if (lasting && !this.#proven.has(upper)) this.#refused.set(upper, why);
    }
  }

  #noWay(failures: readonly PipeRefused[]): Error {
    const momentary = failures.findLast(({ lasting }) => !lasting);
    if (momentary) return momentary;
    const refused = [...this.state.refused, ...failures];
    return kdevError('CLUSTER_LEG_REFUSED', {
      fact: 'the API server lets no connection through to the agent',
      evidence: refused.map(({ rung, why }) => `${rung}: ${why}`).join('\n'),
      hints: [
        {
          who: 'admin',
          text: 'allows get on pods/proxy, or get and create on pods/portforward (docs/cluster.md#rights)',
          command: 'kubectl auth can-i get pods/proxy --as USER',
        },
      ],
      cause: failures.at(-1),
    });
  }
}

function isUnauthorized(pipe: Duplex | PipeRefused): pipe is PipeRefused {
  return pipe instanceof PipeRefused && pipe.code === 'EAUTH';
}

/** The pipe, once it has lived for a moment; its error where it does not. */
function proven(pipe: Duplex, signal: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const settle = (use: () => void): void => {
      clearTimeout(timer);
      pipe.off('error', fail);
      signal.removeEventListener('abort', stop);
      use();
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const stop = (): void =>
      settle(() => {
        pipe.destroy();
        reject(signal.reason);
      });
    const timer = setTimeout(() => settle(() => resolve(pipe)), FORWARD_PROOF_MS);
    pipe.on('error', fail);
    signal.addEventListener('abort', stop, { once: true });
  });
}
