import type { ListeningPort } from '../../src/kernel/listening.ts';
import type { PortPair } from '../../src/protocol/launch.ts';

const POLL_MS = 120;
/** Some kernels can only list every connection: that may take a twentieth of the time, within bounds. */
const COST_RATIO = 20;
const POLL_MAX_MS = 600;

export interface WatchOptions {
  readonly pairs: readonly PortPair[];
  readonly read: () => ListeningPort[];
  readonly onChange: (listening: readonly PortPair[]) => void;
}

/** Calls back with the pairs whose service port listens, first when there is one, then on each change. The answer stops it. */
export function watchListening({ pairs, read, onChange }: WatchOptions): () => void {
  let known = '';
  let timer: NodeJS.Timeout;
  const look = () => {
    const startedMs = performance.now();
    const listening = listeningPairs(pairs, read());
    const key = listening.map(({ target }) => target).join(' ');
    if (key !== known) {
      known = key;
      onChange(listening);
    }
    const costMs = performance.now() - startedMs;
    timer = setTimeout(look, Math.min(POLL_MAX_MS, Math.max(POLL_MS, costMs * COST_RATIO)));
  };
  look();
  return () => clearTimeout(timer);
}

export function listeningPairs(
  pairs: readonly PortPair[],
  ports: readonly ListeningPort[],
): PortPair[] {
  const listening = new Set(ports.map(({ port }) => port));
  return pairs.filter(({ service }) => listening.has(service));
}
