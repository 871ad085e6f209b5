import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { type Api, asError, readStatus } from './api.ts';
import { ForwardStream } from './forward-stream.ts';
import { FORWARD_ANSWER_BYTES, FORWARD_PIPE_MS } from './limits.ts';
import { podPath } from './paths.ts';
import { PipeRefused, refusedByAnswer } from './pipe-refused.ts';
import type { AgentDoor } from './pods-proxy.ts';
import { DeadlinePassed, withDeadline } from './with-deadline.ts';

const RUNG = 'port-forward';

/** A pipe to a port of the pod's loopback, by kubectl's way: WebSocket to the API server, kubelet, container runtime. */
export async function openForwardPipe(
  api: Api,
  door: AgentDoor,
  signal: AbortSignal,
): Promise<Duplex> {
  const { headers, single } = await api.credentials(signal);
  const url = new URL(`${api.server}${podPath(door.namespace, door.pod)}/portforward`);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  url.searchParams.set('ports', String(door.port));
  const wait = { what: 'the port-forward to the agent', timeoutMs: FORWARD_PIPE_MS, signal };
  try {
    return await withDeadline(wait, async (deadline) => {
      const socket = new WebSocket(url, ['v4.channel.k8s.io'], {
        agent: single,
        headers: { ...headers, 'user-agent': 'kdev' },
        perMessageDeflate: false,
        maxPayload: FORWARD_ANSWER_BYTES,
        followRedirects: false,
        // A mask of zeros is a mask (RFC 6455, 5.3); with it ws leaves the payload alone.
        generateMask: (mask) => void mask.fill(0),
      });
      return await opened(socket, deadline);
    });
  } catch (cause) {
    if (!(cause instanceof DeadlinePassed)) throw cause;
    throw new PipeRefused(RUNG, { code: 'ETIMEDOUT', why: cause.message, lasting: false, cause });
  }
}

/** Resolves once the API server has confirmed the port on both channels; refusals say why. */
function opened(socket: WebSocket, deadline: AbortSignal): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const stream = new ForwardStream(socket, () => {
      deadline.removeEventListener('abort', stop);
      stream.off('error', reject);
      resolve(stream);
    });
    const stop = (): void => void stream.destroy(asError(deadline.reason));
    deadline.addEventListener('abort', stop, { once: true });
    stream.on('error', reject);
    socket.on('unexpected-response', (_request: unknown, response: IncomingMessage) => {
      const refused = readStatus(response, deadline).then(({ status, reason, message }) =>
        refusedByAnswer(RUNG, status, message || reason),
      );
      refused.then(reject, reject).finally(() => stream.destroy());
    });
  });
}
