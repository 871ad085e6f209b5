import type { Mux } from '../../src/tunnel/mux.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import type { FlowSink } from './mirrored-flow.ts';
import type { NewFlow } from './reassemble.ts';
import type { IncomingCounts } from './steal.ts';

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
  const stream = openStream(mux, flow);
  if (stream === undefined) return NOWHERE;
  counts.connections++;
  counts.open++;
  stream.on('error', () => undefined); // seen by its close
  stream.on('close', () => {
    counts.open--;
  });
  stream.resume();
  return {
    isOpen: () => !stream.destroyed,
    // The packet's own bytes are valid during the call only.
    data: (bytes) => void stream.write(Buffer.from(bytes)),
    end: () => void stream.end(),
    break: (why) => stream.reset(why === 'reset' ? 'ECONNRESET' : 'ECONNABORTED'),
  };
}

function openStream(mux: Mux | undefined, { from, to, joined }: NewFlow): MuxStream | undefined {
  try {
    return mux?.open({ kind: 'incoming.tcp', mode: 'mirror', from, to, joined }, 'mirror');
  } catch {
    return undefined; // too many streams, or the link has just ended
  }
}
