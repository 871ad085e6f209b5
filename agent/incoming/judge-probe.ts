import type net from 'node:net';

/** What the first bytes from the node say: a probe of the kubelet, something else, or not enough yet. */
export type Judgement = 'probe' | 'other' | 'more';

const HEAD_MAX_BYTES = 8192;
const PEEK_MS = 300;

export interface Peeked {
  readonly isProbe: boolean;
  /** What was read on the way; it comes before everything that is still in the socket. */
  readonly head: Buffer;
}

/**
 * Looks at the first bytes of a connection from the node to a probed port. Silence and an early end are a probe: `tcpSocket` probes say
 * nothing. Probes over TLS and gRPC cannot be told from a client behind the node's address and count as other. Leaves the socket paused.
 */
export function peekProbe(socket: net.Socket): Promise<Peeked> {
  return new Promise((resolve) => {
    let head: Buffer = Buffer.alloc(0);
    const decide = (isProbe: boolean) => {
      clearTimeout(timer);
      socket.pause();
      socket.off('data', read).off('end', end).off('close', end);
      resolve({ isProbe, head });
    };
    const read = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const judgement = judgeHead(head);
      if (judgement !== 'more') decide(judgement === 'probe');
    };
    const end = () => decide(head.length === 0);
    const timer = setTimeout(end, PEEK_MS);
    socket.on('data', read).on('end', end).on('close', end);
    socket.resume();
  });
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
