import { setMaxListeners } from 'node:events';
import type net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { abort, type End } from '../../src/relay/join.ts';
import type { Journal } from '../../src/runtime/journal.ts';
import type { Mux } from '../../src/tunnel/mux.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import type { Judge } from '../http/matcher.ts';
import type { TargetTls } from '../tls/target-tls.ts';
import { detectProtocol } from './detect-protocol.ts';
import { flushConnections } from './flush.ts';
import { giveByRequest } from './give-by-request.ts';
import { isProbe, sparingProbes } from './judge-probe.ts';
import { type Listeners, openListeners } from './listeners.ts';
import { FINAL_MARK } from './rules.ts';
import { StealTable } from './steal-table.ts';
import {
  dialTarget,
  handOver,
  offerToService,
  readStolenConnection,
  type StolenConnection,
} from './stolen-connection.ts';

export interface StealOptions {
  /** Tells other agents whose rules they see: `SESSION_CONTAINER`. */
  readonly label: string;
  /** Addresses from which the node's kubelet probes. */
  readonly nodeAddresses: ReadonlySet<string>;
  readonly probePorts: ReadonlySet<number>;
  /** The mux while the link is up, waiting a moment where it is away. */
  readonly whenUp: () => Promise<Mux | undefined>;
  readonly counts: IncomingCounts;
  readonly journal: Journal;
  readonly tls: TargetTls;
}

interface Wish {
  /** Whether connections that are open already are moved too. */
  readonly flush?: boolean;
  /** Which requests are wanted; undefined: all connections are. With it other sessions may have the same ports: they get what is passed on. */
  readonly judge?: Judge | undefined;
  /** Whether ports may come at any time, though there are none now: until then the rank among these sessions is kept. */
  readonly keepsRank?: boolean;
}

/** How long the table stays behind its last port and its last connection. */
const IDLE_MS = 200;
/** So long the target may take for what is passed on to it before the end. */
const DRAIN_MS = 500;
const DRAIN_POLL_MS = 10;

/** Shared by both ways of intercepting. */
export interface IncomingCounts {
  connections: number;
  open: number;
  passed: number;
}

/**
 * Takes new connections to some ports away from the target and gives each to the service, or back.
 *
 * Ways for a connection to go: from the kubelet's probe → target; the link is away for too long, the port was given back meanwhile, the
 * service refuses or does not take it → target; else the service, until both sides end it or the link is given up (then it is reset).
 * With a filter each of its requests goes one of these ways.
 */
export class Steal {
  readonly #options: StealOptions;
  readonly #table: StealTable;
  #opening: Promise<Listeners> | undefined;
  #listeners: Listeners | undefined;
  #ports: ReadonlySet<number> = new Set();
  /** Which requests are wanted; undefined: all connections are. */
  #judge: Judge | undefined;
  /** Connections that the rules brought and that still exist. */
  readonly #brought = new Set<net.Socket>();
  #removal: NodeJS.Timeout | undefined;
  #keepsRank = false;
  /** Whether the kernel lets us abort the connections of others, as far as is known. */
  #canFlush = true;
  /** Aborted when the connections that wait for the service have to go to the target. */
  #offers = newOffers();

  constructor(options: StealOptions) {
    this.#options = options;
    this.#table = new StealTable(options.label);
  }

  get ports(): readonly number[] {
    return [...this.#ports];
  }

  /** Makes the sockets to which the rules lead; before the first `set`. */
  async listen(): Promise<void> {
    this.#opening ??= openListeners((socket) => this.#take(socket));
    this.#listeners = await this.#opening;
  }

  /**
   * Steals exactly these ports from now on, of them the requests that are wanted; with `flush`, also the connections that clients already
   * have to those that are new. EADDRINUSE where another session has one of them, and not both share it.
   */
  set(ports: readonly number[], wish: Wish = {}): void {
    const { flush = false, judge, keepsRank = false } = wish;
    const added = ports.filter((port) => !this.#ports.has(port));
    this.#setTable(ports, wish);
    this.#ports = new Set(ports);
    this.#judge = judge;
    this.#keepsRank = keepsRank;
    this.#removeWhenIdle();
    if (flush && this.#canFlush && added.length > 0) this.#flush(added, wish);
  }

  #setTable(ports: readonly number[], { flush = false, judge }: Wish): void {
    const { nodeAddresses, probePorts } = this.#options;
    const resetOld = { nodeAddresses: [...nodeAddresses], probePorts: [...probePorts] };
    const resetsOld = flush && !this.#canFlush;
    this.#table.set({
      ports,
      isShared: judge !== undefined,
      listener4: this.#listeners?.port4,
      listener6: this.#listeners?.port6,
      resetOld: resetsOld && ports.length > 0 ? resetOld : undefined,
    });
  }

  /** A probe of the kubelet's may be under way: what may be one stays. */
  #flush(ports: readonly number[], wish: Wish): void {
    const { nodeAddresses, probePorts, journal } = this.#options;
    const stays = (port: number, client: string) =>
      probePorts.has(port) && nodeAddresses.has(client);
    const count = flushConnections({ ports, stays });
    this.#canFlush = count !== undefined;
    if (!this.#canFlush) this.#setTable([...this.#ports], wish);
    journal.note('open connections are moved', { ports, count: count ?? 'as they speak' });
  }

  /** Gives everything new back to the target at once, those that wait for the service too. */
  suspend(): void {
    this.set([], { keepsRank: this.#keepsRank });
    this.#offers.abort();
    this.#offers = newOffers();
  }

  /** Gives all back, and waits a moment for what is under way to end. */
  async drain(): Promise<void> {
    this.suspend();
    for (let leftMs = DRAIN_MS; this.#brought.size > 0 && leftMs > 0; leftMs -= DRAIN_POLL_MS) {
      await sleep(DRAIN_POLL_MS);
    }
  }

  /** The end: what was brought is reset. The rules go last: without them the kernel would not let the clients know. */
  close(): void {
    this.suspend();
    this.#listeners?.close();
    for (const socket of this.#brought) abort(socket, 'ECONNRESET');
    clearTimeout(this.#removal);
    this.#table.remove();
  }

  #take(socket: net.Socket): void {
    this.#brought.add(socket);
    socket.on('error', () => undefined); // seen by its close
    socket.once('close', () => {
      this.#brought.delete(socket);
      this.#removeWhenIdle();
    });
    const connection = readStolenConnection(socket, this.#table.passMark);
    if (connection === undefined) {
      abort(socket, 'ECONNRESET');
      return;
    }
    this.#decide(connection).catch((error: unknown) => {
      this.#options.journal.problem('incoming', String(error));
      abort(socket, 'ECONNRESET');
    });
  }

  /** A connection may just be on its way through the rules that were there until now. */
  #removeWhenIdle(): void {
    clearTimeout(this.#removal);
    if (this.#ports.size > 0 || this.#brought.size > 0) return;
    this.#removal = setTimeout(() => this.#rest(), IDLE_MS);
  }

  #rest(): void {
    if (this.#keepsRank) this.#table.rest();
    else this.#table.remove();
  }

  async #decide(connection: StolenConnection): Promise<void> {
    const isForService = this.#isWanted(connection) && !(await this.#isProbe(connection));
    const judge = isForService ? await this.#judgeOf(connection) : undefined;
    if (judge) {
      await giveByRequest(connection, {
        judge,
        openService: () => this.#openService(connection),
        openTarget: () => this.#openTarget(connection),
        dialTarget: () => dialTarget({ ...connection, passMark: FINAL_MARK }),
        tls: this.#options.tls,
        giveToTarget: () => this.#giveUnclear(connection),
      });
      return;
    }
    if (isForService && (await this.#giveToService(connection))) return;
    await this.#giveToTarget(connection);
  }

  #isWanted({ to }: StolenConnection): boolean {
    return this.#ports.has(to.port);
  }

  /** Whether the kubelet may have made it. */
  #mayProbe({ from, to }: StolenConnection): boolean {
    const { nodeAddresses, probePorts } = this.#options;
    return probePorts.has(to.port) && nodeAddresses.has(from.address);
  }

  async #isProbe(connection: StolenConnection): Promise<boolean> {
    if (!this.#mayProbe(connection) || !(await isProbe(connection))) return false;
    connection.passMark = FINAL_MARK;
    return true;
  }

  /** How its requests are judged; undefined where it goes to one side as it is. Probes of gRPC are seen in their requests only. */
  async #judgeOf(connection: StolenConnection): Promise<Judge | undefined> {
    if (!this.#mayProbe(connection)) return this.#judge;
    if (this.#judge) return sparingProbes(this.#judge);
    if ((await detectProtocol(connection)) !== 'http2') return undefined;
    connection.passMark = FINAL_MARK;
    return sparingProbes(undefined);
  }

  /** Of a client that has said nothing nobody would learn more by waiting as well. */
  async #giveUnclear(connection: StolenConnection): Promise<void> {
    if (connection.head.length === 0) connection.passMark = FINAL_MARK;
    await this.#giveToTarget(connection);
  }

  /** False where the service does not take it. */
  async #giveToService(connection: StolenConnection): Promise<boolean> {
    try {
      const stream = await this.#openService(connection);
      if (stream) handOver(connection, stream);
      return stream !== undefined;
    } catch (error) {
      const { address, port } = connection.from;
      const words = `${address}:${port} passed to the target: ${String(error)}`;
      this.#options.journal.problem('incoming', words);
      return false;
    }
  }

  async #giveToTarget(connection: StolenConnection): Promise<void> {
    try {
      handOver(connection, await this.#openTarget(connection));
    } catch {
      // The target's own answer to this client.
      abort(connection.socket, 'ECONNRESET');
    }
  }

  /** Undefined where the target has all: without a link, or where the port was given back. Rejects where the service refuses. */
  async #openService(connection: StolenConnection): Promise<MuxStream | undefined> {
    const { whenUp, counts } = this.#options;
    const { signal } = this.#offers;
    const mux = await whenUp();
    if (mux === undefined || signal.aborted || !this.#isWanted(connection)) return undefined;
    const stream = await offerToService(connection, mux, signal);
    counts.connections++;
    this.#count(stream);
    return stream;
  }

  async #openTarget(connection: StolenConnection): Promise<net.Socket> {
    this.#options.counts.passed++;
    const socket = await dialTarget(connection);
    this.#count(socket);
    return socket;
  }

  #count(end: End): void {
    const { counts } = this.#options;
    counts.open++;
    end.once('close', () => {
      counts.open--;
    });
  }
}

/** Each connection that waits listens to it: Node would take so many for a leak. */
function newOffers(): AbortController {
  const offers = new AbortController();
  setMaxListeners(0, offers.signal);
  return offers;
}
