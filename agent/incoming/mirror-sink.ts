import type { Mux } from '../../src/tunnel/mux.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import type { FlowSink } from './mirrored-flow.ts';
import type { NewFlow } from './reassemble.ts';
import type { IncomingCounts } from './steal.ts';

/** As of a stolen one. */
const ACCEPT_MS = 3000;

/** Takes nothing: there is no link, or no room in it. */
const NOWHERE: FlowSink = {
  isOpen: () => false,
  data: () => undefined,
  end: () => undefined,
  break: () => undefined,
};

/**
 * A stream for the client's bytes of one mirrored connection. What the service answers is thrown away. A service that refuses, breaks off
 * or is too slow (ETOOSLOW, by the stream itself) ends the stream; the target and its client notice nothing.
 */
export function openMirrorSink(
  mux: Mux | undefined,
  flow: NewFlow,
  counts: IncomingCounts,
): FlowSink {
  const stream = openStream(mux, flow, 'mirror', counts);
  if (stream === undefined) return NOWHERE;
  stream.resume();
  return {
    isOpen: () => !stream.destroyed,
    // The packet's own bytes are valid during the call only.
    data: (bytes) => void stream.write(Buffer.from(bytes)),
    end: () => void stream.end(),
    break: (why) => stream.reset(why === 'reset' ? 'ECONNRESET' : 'ECONNABORTED'),
  };
}

/**
 * A stream for a session of our own with the service, in which copies of some of a client's requests are sent: it needs the service's
 * answers for that, and throws them away itself.
 */
export async function openMirrorSession(
  mux: Mux | undefined,
  flow: NewFlow,
  counts: IncomingCounts,
): Promise<MuxStream | undefined> {
  const stream = openStream(mux, flow, 'steal', counts);
  const timer = setTimeout(() => stream?.reset('ETIMEDOUT'), ACCEPT_MS);
  try {
    await stream?.accepted;
    return stream;
  } finally {
    clearTimeout(timer);
  }
}

function openStream(
  mux: Mux | undefined,
  { from, to, joined }: NewFlow,
  mode: 'steal' | 'mirror',
  counts: IncomingCounts,
): MuxStream | undefined {
  try {
    const stream = mux?.open({ kind: 'incoming.tcp', mode, from, to, joined }, 'mirror');
    if (stream === undefined) return undefined;
    counts.connections++;
    counts.open++;
    stream.on('error', () => undefined); // seen by its close
    stream.on('close', () => {
      counts.open--;
    });
    return stream;
  } catch {
    return undefined; // too many streams, or the link has just ended
  }
}
