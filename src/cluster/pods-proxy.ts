import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Api, asError, protocolOf, readStatus } from './api.ts';
import { PROXY_PIPE_MS } from './limits.ts';
import { podsPath } from './paths.ts';
import { PipeRefused, refusedByAnswer } from './pipe-refused.ts';
import { DeadlinePassed, withDeadline } from './with-deadline.ts';

/** Where the agent listens. */
export interface AgentDoor {
  readonly namespace: string;
  readonly pod: string;
  readonly port: number;
}

const RUNG = 'pods/proxy';

/**
 * A raw pipe to the agent through `pods/NAME:PORT/proxy/`: after the agent's own 101 the API server copies bytes.
 * It ends as a socket does: its end of stream, a reset, or `destroy`.
 */
export async function openProxyPipe(
  api: Api,
  door: AgentDoor,
  signal: AbortSignal,
): Promise<Duplex> {
  const { headers, single } = await api.credentials(signal);
  const name = encodeURIComponent(`${door.pod}:${door.port}`);
  const url = new URL(`${api.server}${podsPath(door.namespace)}/${name}/proxy/`);
  const wait = { what: `the agent's answer through ${RUNG}`, timeoutMs: PROXY_PIPE_MS, signal };
  try {
    return await withDeadline(wait, async (deadline) => {
      const request = protocolOf(url).request(url, {
        agent: single,
        headers: { ...headers, connection: 'Upgrade', upgrade: 'kdev', 'user-agent': 'kdev' },
      });
      const stop = (): void => void request.destroy(asError(deadline.reason));
      deadline.addEventListener('abort', stop, { once: true });
      try {
        return await new Promise<Duplex>((resolve, reject) => {
          request.on('upgrade', (response, pipe, head) => {
            const refused = otherUpgrade(response);
            if (refused || deadline.aborted) pipe.destroy();
            if (refused) reject(refused);
            else resolve(asPipe(pipe, head));
          });
          request.on('response', (response) => {
            refuse(response, deadline).then(reject, reject);
          });
          request.on('error', reject);
          request.end();
        });
      } finally {
        deadline.removeEventListener('abort', stop);
      }
    });
  } catch (cause) {
    if (!(cause instanceof DeadlinePassed)) throw cause;
    throw new PipeRefused(RUNG, { code: 'ETIMEDOUT', why: cause.message, lasting: true, cause });
  }
}

function otherUpgrade({ headers }: IncomingMessage): PipeRefused | undefined {
  if (headers.upgrade?.toLowerCase() === 'kdev') return undefined;
  const why = `the answer upgrades to ${headers.upgrade ?? 'nothing'}`;
  return new PipeRefused(RUNG, { code: 'EPROTO', why, lasting: true });
}

function asPipe(pipe: Duplex, head: Buffer): Duplex {
  if (pipe instanceof Socket) {
    pipe.setNoDelay(true);
    pipe.setTimeout(0);
    pipe.setKeepAlive(true, 15_000);
  }
  if (head.length > 0) pipe.unshift(head);
  return pipe;
}

async function refuse(response: IncomingMessage, signal: AbortSignal): Promise<Error> {
  const { status, reason, message } = await readStatus(response, signal);
  return refusedByAnswer(RUNG, status, message || reason);
}
