import type { Judge } from '../http/matcher.ts';
import { peek } from './peek.ts';
import type { StolenConnection } from './stolen-connection.ts';

/** What the first bytes from the node say: a probe of the kubelet, something else, or not enough yet. */
export type Judgement = 'probe' | 'other' | 'more';

const HEAD_MAX_BYTES = 8192;

/**
 * Whether a connection from the node to a probed port is a probe. Silence and an early end are one: `tcpSocket` probes say nothing. Probes
 * over TLS cannot be told from a client behind the node's address and count as other; those of gRPC are found by `sparingProbes`.
 */
export function isProbe(connection: StolenConnection): Promise<boolean> {
  return peek(connection, {
    judge: (head) => {
      const judgement = judgeHead(head);
      return judgement === 'more' ? undefined : judgement === 'probe';
    },
    judgeAtLast: (head) => head.length === 0,
  });
}

/** Judges the requests of a connection from the node: what the kubelet asks stays with the target (pkg/probe/grpc names itself as well). */
export function sparingProbes(judge: Judge | undefined): Judge {
  const isProbe = ([name, value]: readonly [string, string]) =>
    name.toLowerCase() === 'user-agent' && value.startsWith('kube-probe/');
  return (request) => {
    if (request.headers.some(isProbe)) return false;
    return judge ? judge(request) : true;
  };
}

/** kubelet's HTTP probes name themselves (pkg/probe/http). */
export function judgeHead(head: Buffer): Judgement {
  const text = head.toString('latin1', 0, HEAD_MAX_BYTES);
  if (!/^[A-Z]{0,16}( |$)/.test(text)) return 'other';
  const end = text.indexOf('\r\n\r\n');
  if (/\r\nuser-agent:[ \t]*kube-probe\//i.test(end < 0 ? text : text.slice(0, end)))
    return 'probe';
  return end < 0 && head.length < HEAD_MAX_BYTES ? 'more' : 'other';
}
