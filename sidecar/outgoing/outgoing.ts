import type net from 'node:net';
import { listeningPorts } from '../../src/kernel/listening.ts';
import { PacketQueue } from '../../src/kernel/nfqueue.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { AgentLink } from '../link/agent-link.ts';
import { LOOPBACK, PORTS, QUEUE } from '../network-plan.ts';
import type { Tally } from '../status/tally.ts';
import { acceptTransparent } from './accept-transparent.ts';
import { readSockets } from './connecting-sockets.ts';
import { HeldConnects } from './hold-connects.ts';
import type { Families } from './rules.ts';

export interface OutgoingOptions {
  readonly link: Pick<AgentLink, 'mux' | 'state' | 'downMs'>;
  readonly world: { readonly families: Families };
  readonly tally: Tally['outgoing'];
  readonly journal: Journal;
}

/** The service's connections to everything that is not local: the queue that holds them and the listener that takes them. */
export class Outgoing {
  readonly #held: HeldConnects;
  readonly #queue: PacketQueue;
  readonly #servers: readonly net.Server[];

  private constructor(held: HeldConnects, queue: PacketQueue, servers: readonly net.Server[]) {
    this.#held = held;
    this.#queue = queue;
    this.#servers = servers;
  }

  static async open(options: OutgoingOptions): Promise<Outgoing> {
    const { tally } = options;
    const held = new HeldConnects({
      ...options,
      verdict: (id, verdict, mark) => queue.verdict(id, verdict, mark),
      sockets: readSockets,
      isTaken: (port) => listeningPorts().some((listening) => listening.port === port),
    });
    const servers = await Promise.all(
      LOOPBACK[options.world.families].map((address) =>
        acceptTransparent({
          listenOn: { address, port: PORTS.transparent },
          take: (from, to) => held.take(from, to),
          tally,
        }),
      ),
    );
    const queue = new PacketQueue(QUEUE, (packet) => held.hold(packet));
    return new Outgoing(held, queue, servers);
  }

  /** Connects that wait for the agent. */
  get dialling(): number {
    return this.#held.dialling;
  }

  /** Call it every second. */
  sweep(): Promise<void> {
    return this.#held.sweep(performance.now());
  }

  close(): void {
    this.#held.close();
    this.#queue.close();
    for (const server of this.#servers) server.close();
  }
}
