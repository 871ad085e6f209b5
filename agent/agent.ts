import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from '../src/runtime/journal.ts';
import type { Link } from '../src/tunnel/link.ts';
import { LinkAcceptor } from '../src/tunnel/link-acceptor.ts';
import { Mux } from '../src/tunnel/mux.ts';
import type { Role } from '../src/tunnel/secure-pipe.ts';
import { PodNames } from './dns/pod-names.ts';
import { PodResolver } from './dns/resolve.ts';
import { TargetFiles } from './files/operations.ts';
import { Incoming } from './incoming/incoming.ts';
import { Linger } from './link/linger.ts';
import { SidecarLink } from './link/sidecar-link.ts';
import { Outgoing } from './outgoing/dial.ts';
import { OutgoingUdp } from './outgoing/outgoing-udp.ts';
import type { AgentSettings } from './read-config.ts';
import { type Rooms, serveDump, serveSession, serveSidecar } from './serve.ts';
import { readGateways } from './target/gateways.ts';
import { readNetwork, readRoutes } from './target/network.ts';
import type { Target } from './target/target.ts';
import { findCertificates } from './tls/certificates.ts';
import { TargetTls } from './tls/target-tls.ts';

/** How long the peers may take to hear the last words. */
const FAREWELL_MS = 1000;
/** Enough of the container's id to tell two agents of one session in one pod apart. */
const ID_DIGITS = 8;

export interface AgentOptions {
  readonly settings: AgentSettings;
  readonly target: Target;
  readonly journal: Journal;
  /** Nobody wants the agent any more. */
  readonly onUnwanted: (why: string) => void;
}

/** The agent at work in the target's network namespace: what it serves, and the links of those who ask for it. */
export class Agent {
  /** Takes every secured pipe of one role. */
  readonly acceptors: Readonly<Record<Role, LinkAcceptor>>;
  readonly #options: AgentOptions;
  readonly #linger: Linger;
  readonly #sidecar: SidecarLink;
  readonly #callers = new Set<Mux>();
  #dump: Mux | undefined;
  readonly #incoming: Incoming;
  readonly #tls: TargetTls;
  readonly #resolver: PodResolver;
  readonly #rooms: Rooms;

  constructor(options: AgentOptions) {
    const { settings, target, journal } = options;
    this.#options = options;
    const { lingerMs } = settings.config;
    this.#linger = new Linger(lingerMs, () => options.onUnwanted(`no link for ${lingerMs} ms`));
    this.#sidecar = this.#createSidecarLink();
    this.acceptors = {
      sidecar: new LinkAcceptor((link) => this.#sidecar.take(link)),
      session: new LinkAcceptor((link) =>
        serveSession(this.#takeCaller(link, 'session'), this.#rooms),
      ),
      dump: new LinkAcceptor((link) => this.#takeDump(link)),
    };
    const root = `${target.proc}/${target.pid}/root`;
    const files = new TargetFiles(root);
    const names = new PodNames(files);
    this.#resolver = new PodResolver({ names: () => names.read() });
    this.#tls = new TargetTls({
      certificates: () => findCertificates(target, (path) => readWhole(files, path)),
      notice: (text) => this.#notice(text),
    });
    this.#incoming = new Incoming({
      mirrorsHttp2: true,
      tls: this.#tls,
      ...incomingSettings(settings, target),
      link: this.#sidecar,
      journal,
      notice: (text) => this.#notice(text),
    });
    this.#rooms = {
      target,
      files,
      incoming: this.#incoming,
      outgoing: new Outgoing(root),
      udp: new OutgoingUdp(),
      resolver: this.#resolver,
      counts: { dnsQueries: 0, fileOperations: 0 },
      readNetwork: async () =>
        readNetwork({
          routes: readRoutes(target.proc, target.pid),
          nameservers: (await names.read()).conf.nameservers,
          apiServer: settings.apiServer,
        }),
      isLinkUp: () => this.#sidecar.isUp,
      // Its answer goes first.
      leave: () => setImmediate(() => options.onUnwanted('the session has ended')),
    };
  }

  /** Gives the target its traffic back; connections that are under way have a moment to end. */
  async drain(): Promise<void> {
    this.#sidecar.giveUp();
    await this.#incoming.drain();
  }

  /** Gives the target its traffic back, then says why to the peers, as long as they take to hear it. */
  async close(reason: string): Promise<void> {
    this.#incoming.close();
    this.#linger.close();
    this.#resolver.close();
    const farewells = [this.#sidecar, ...this.#callers].map((link) => link.close(reason));
    await Promise.race([Promise.allSettled(farewells), sleep(FAREWELL_MS)]);
  }

  #createSidecarLink(): SidecarLink {
    const { journal } = this.#options;
    return new SidecarLink({
      onMux: (mux) => serveSidecar(mux, this.#rooms),
      onUp: (awayMs) => {
        journal.note('link up', { role: 'sidecar', awayMs: Math.round(awayMs) });
        this.#linger.up(this.#sidecar);
        this.#incoming.resume();
      },
      onLost: () => {
        journal.note('link away', { role: 'sidecar' });
        this.#linger.down(this.#sidecar);
        this.#incoming.suspend();
      },
      onClosed: (why) => {
        journal.note('link closed', { role: 'sidecar', why: why?.message });
        this.#incoming.forget();
      },
    });
  }

  /** Whoever looks on; a newer one takes an older one's place. */
  #takeDump(link: Link): void {
    const { settings, target, journal } = this.#options;
    this.#dump?.close('somebody else looks on').catch(() => undefined);
    const mux = this.#takeCaller(link, 'dump');
    this.#dump = mux;
    const incoming = new Incoming({
      mirrorsHttp2: false,
      tls: this.#tls,
      ...incomingSettings(settings, target),
      link: { mux, whenUp: () => Promise.resolve(mux) },
      journal,
      notice: (text) => void mux.call('sidecar.notice', { text }).catch(() => undefined),
    });
    mux.closed.then(
      () => incoming.close(),
      () => undefined,
    );
    serveDump(mux, { ...this.#rooms, incoming });
  }

  #takeCaller(link: Link, role: Exclude<Role, 'sidecar'>): Mux {
    const mux = new Mux(link, { side: 'agent' });
    this.#callers.add(mux);
    link.onState = (state) => {
      if (state === 'up') this.#linger.up(link);
      else this.#linger.down(link);
    };
    mux.closed
      .then((why) => {
        this.#linger.down(link);
        this.#callers.delete(mux);
        this.#options.journal.note('link closed', { role, why: why?.message });
      })
      .catch(() => undefined); // `closed` never rejects
    this.#options.journal.note('link up', { role });
    return mux;
  }

  /** A word for the logs of the sidecar; without a link it is in ours only. */
  #notice(text: string): void {
    this.#sidecar.mux?.call('sidecar.notice', { text }).catch(() => undefined);
  }
}

function incomingSettings({ config, hostAddress }: AgentSettings, { proc, pid }: Target) {
  return {
    label: `${config.session}_${config.target.containerId.slice(0, ID_DIGITS)}`,
    nodeAddresses: new Set([hostAddress, ...readGateways(proc, pid)]),
    probePorts: new Set(config.probePorts),
  };
}

/** Certificates and keys are small. */
const PEM_MAX_BYTES = 256 * 1024;

async function readWhole(files: TargetFiles, path: string): Promise<Buffer> {
  return (await files.read({ path, offset: 0, length: PEM_MAX_BYTES })).bytes;
}
