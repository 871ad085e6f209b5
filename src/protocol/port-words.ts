import type { PortPair } from './launch.ts';

type Port = Pick<PortPair, 'transport'>;

/** `:8080`, `:53/udp`. */
export function portWords(port: number, { transport }: Port): string {
  return transport === 'udp' ? `:${port}/udp` : `:${port}`;
}

/** Ports of the target that come in now. */
export interface PortsNow {
  readonly ports: readonly number[];
  readonly udp: readonly number[];
}

/** Whether a port comes in now. */
export function comesIn({ target, transport }: Port & Pick<PortPair, 'target'>, now: PortsNow) {
  return (transport === 'udp' ? now.udp : now.ports).includes(target);
}
