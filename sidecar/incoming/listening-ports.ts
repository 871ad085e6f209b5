import type { ListeningPort } from '../../src/kernel/listening.ts';
import type { PortPair, SidecarConfig } from '../../src/protocol/launch.ts';
import { DOCKER_RESOLVER, PORTS } from '../network-plan.ts';

const POLL_MS = 120;
/** Some kernels can only list every connection: that may take a twentieth of the time, within bounds. */
const COST_RATIO = 20;
const POLL_MAX_MS = 600;
/** As many as the agent intercepts at once. */
export const EVERY_PORT_MAX = 200;

export interface WatchOptions {
  readonly choose: (ports: readonly ListeningPort[]) => readonly PortPair[];
  readonly read: () => ListeningPort[];
  readonly onChange: (listening: readonly PortPair[]) => void;
}

/** Calls back with the chosen of the ports that listen, first when there is one, then on each change. The answer stops it. */
export function watchListening({ choose, read, onChange }: WatchOptions): () => void {
  let known = '';
  let timer: NodeJS.Timeout;
  const look = () => {
    const startedMs = performance.now();
    const listening = choose(read());
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

/** What comes in of what listens: of the pairs those whose service port does, or every port of the service. */
export function chooseListening({
  ports: pairs,
  every,
}: Pick<SidecarConfig['incoming'], 'ports' | 'every'>): WatchOptions['choose'] {
  if (every) return (ports) => everyPair(ports, every.except);
  return (ports) => {
    const listening = new Set(ports.map(({ port }) => port));
    return pairs.filter(({ service }) => listening.has(service));
  };
}

/** The lowest ones where there are too many; what listens besides the service is ours or Docker's. */
function everyPair(ports: readonly ListeningPort[], except: readonly number[]): PortPair[] {
  const left = new Set([...except, ...Object.values(PORTS)]);
  const others = ports.filter(({ port, addresses }) => {
    return !left.has(port) && addresses.some((address) => address !== DOCKER_RESOLVER);
  });
  const numbers = [...new Set(others.map(({ port }) => port))].sort((a, b) => a - b);
  return numbers.slice(0, EVERY_PORT_MAX).map((port) => ({ service: port, target: port }));
}
