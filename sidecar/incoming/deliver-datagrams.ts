import type { Endpoint } from '../../src/kernel/endpoint.ts';
import { ForeignSender } from '../../src/kernel/foreign-sender.ts';
import { boundUdpPorts, type ListeningPort } from '../../src/kernel/listening.ts';
import type { PortPair } from '../../src/protocol/launch.ts';
import type { StreamInfo } from '../../src/protocol/messages.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import { MARKS } from '../network-plan.ts';
import type { Tally } from '../status/tally.ts';

export type IncomingUdpInfo = Extract<StreamInfo, { kind: 'incoming.udp' }>;

/** What the kernel said of the service's sockets holds for so long. */
const LOOK_MS = 100;

/**
 * Datagrams that reached the target, handed to the service in the name of their client. What the service answers is found by the client's
 * address and port and the service's port, whichever of its own addresses it answers from. A flow lasts as long as the agent's stream.
 */
export class DeliverDatagrams {
  readonly #sender = new ForeignSender(MARKS.deliver);
  readonly #flows = new Map<string, MuxStream>();
  readonly #tally: Tally['udp'];
  readonly #boundPorts: () => readonly ListeningPort[];
  #seen: { readonly atMs: number; readonly ports: readonly ListeningPort[] } = {
    atMs: Number.NEGATIVE_INFINITY,
    ports: [],
  };

  constructor(tally: Tally['udp'], boundPorts = boundUdpPorts) {
    this.#tally = tally;
    this.#boundPorts = boundPorts;
  }

  get flows(): number {
    return this.#flows.size;
  }

  take(stream: MuxStream, { from, to }: IncomingUdpInfo, pairs: readonly PortPair[]): void {
    stream.on('error', () => undefined); // seen by its close
    const pair = pairs.find(({ target }) => target === to.port);
    const service = pair && this.#findService(from, pair.service);
    if (service === undefined) {
      stream.reset('ECONNREFUSED');
      return;
    }
    const key = flowKey(from, service.port);
    this.#flows.set(key, stream);
    stream.accept();
    stream.resume();
    stream.onDatagram = (payload) => {
      if (this.#sender.send(from, service, payload) === undefined) this.#tally.received++;
      else this.#tally.dropped++;
    };
    stream.once('end', () => stream.destroy());
    stream.once('close', () => {
      if (this.#flows.get(key) === stream) this.#flows.delete(key);
    });
  }

  /** The service sent a datagram: whether it was an answer to a client. Its bytes are copied. */
  takeAnswer(from: Endpoint, client: Endpoint, payload: Buffer): boolean {
    const stream = this.#flows.get(flowKey(client, from.port));
    if (stream === undefined) return false;
    const dropped = stream.sendDatagram(Buffer.from(payload));
    this.#tally.sent += 1 - dropped;
    this.#tally.dropped += dropped;
    return true;
  }

  close(): void {
    this.#sender.close();
  }

  /** Where a client's datagram reaches the service's socket; a client of another family than the socket's cannot be shown to it. */
  #findService(client: Endpoint, port: number): Endpoint | undefined {
    const family = client.address.includes(':') ? 6 : 4;
    const address = chooseAddress(family, port, this.#lookAtPorts());
    return address === undefined ? undefined : { address, port };
  }

  /** Clients may come by the thousand: of a name server each question has one of its own. */
  #lookAtPorts(): readonly ListeningPort[] {
    const nowMs = performance.now();
    if (nowMs - this.#seen.atMs > LOOK_MS) this.#seen = { atMs: nowMs, ports: this.#boundPorts() };
    return this.#seen.ports;
  }
}

/** The address of a socket on the port that takes datagrams of a family: loopback's where it is bound to all of them. */
export function chooseAddress(
  family: 4 | 6,
  port: number,
  sockets: readonly ListeningPort[],
): string | undefined {
  const bound = sockets.filter((one) => one.port === port);
  const addresses = bound.flatMap((one) => one.addresses);
  const [any, loopback] = family === 4 ? ['0.0.0.0', '127.0.0.1'] : ['::', '::1'];
  if (addresses.includes(any) || addresses.includes('::')) return loopback;
  return bound.find((one) => one.family === family)?.addresses[0];
}

function flowKey(client: Endpoint, servicePort: number): string {
  return `${client.port} ${servicePort} ${client.address}`;
}
