import { setTimeout as delay } from 'node:timers/promises';
import type { SidecarConfig } from '../src/protocol/launch.ts';
import type { Journal } from '../src/runtime/journal.ts';
import type { Mux } from '../src/tunnel/mux.ts';
import { type AnswerQuery, createAnswerQuery } from './dns/answer-query.ts';
import { askFirst, askNear } from './dns/ask-near.ts';
import { interceptDns } from './dns/intercept.ts';
import { LocalWorld } from './dns/local-world.ts';
import { createExplain } from './explain/explain.ts';
import { connectTo, lookUp } from './explain/try.ts';
import { showFiles } from './files/show-files.ts';
import { Firewall } from './firewall.ts';
import { Incoming } from './incoming/incoming.ts';
import { AgentLink } from './link/agent-link.ts';
import { PipeDoor } from './link/pipe-door.ts';
import { DOCKER_RESOLVER, PORTS } from './network-plan.ts';
import { Outgoing } from './outgoing/outgoing.ts';
import { OutgoingUdp } from './outgoing/outgoing-udp.ts';
import { PodAddress } from './outgoing/pod-address.ts';
import { listenUnix } from './outgoing/unix-socket.ts';
import { createRefusedWatch } from './outgoing/watch-refused.ts';
import { missingOf, reportStatus } from './report-status.ts';
import { serveAsked } from './status/serve-asked.ts';
import { newTally, type Tally } from './status/tally.ts';
import { createMissingTeller } from './status/tell-missing.ts';

const HOUSEKEEPING_MS = 1_000;
/** Housekeeping reads tables of the kernel, which may be long: it may take a twentieth of the time, within bounds. */
const COST_RATIO = 20;
const HOUSEKEEPING_MAX_MS = 4_000;
/** Docker waits a second before it kills. */
const FAREWELL_MS = 500;

export interface SidecarOptions {
  readonly config: SidecarConfig;
  readonly journal: Journal;
  /** Where `health` and `status` ask. */
  readonly statusSocket: string;
  /** argv of a process that serves one FUSE mount. */
  readonly fileServer: readonly string[];
}

/**
 * The sidecar's life: everything is started, then kept until the signal. What the kernel refuses is thrown. Rules and
 * routes stay behind on purpose (see rules.ts); everything else ends with the process, whichever way it ends.
 */
export async function runSidecar(options: SidecarOptions, signal: AbortSignal): Promise<void> {
  const { config, journal, statusSocket, fileServer } = options;
  const closers: (() => unknown)[] = [];
  const opened = <T extends { close: () => unknown }>(part: T): T => {
    closers.push(() => part.close());
    return part;
  };
  try {
    const tally = newTally();
    let changeable: Firewall | undefined;
    const world = new LocalWorld(config, (changes) =>
      changeable?.setAddresses(world.rules, changes),
    );
    const door = opened(await PipeDoor.open({ directory: config.linkDirectory, journal }));
    const link = new AgentLink({
      door,
      onMux: (mux) => serveAgent(mux, (stream) => incoming.take(stream), journal),
      onUp: () => {
        podAddress.ask();
        incoming.announceAgain();
      },
      journal,
    });
    closers.push(() => Promise.race([link.close(), delay(FAREWELL_MS)]));
    const incoming = opened(new Incoming({ ...config, link, tally, journal, signal }));
    const podAddress = new PodAddress({ link, world, journal, signal });
    const outgoing = opened(await Outgoing.open({ link, world, tally: tally.outgoing, journal }));
    const takeAnswer: Incoming['takeAnswer'] = (...answer) => incoming.takeAnswer(...answer);
    const udp = opened(new OutgoingUdp({ link, takeAnswer, tally: tally.udp, journal }));
    closers.push(await interceptDns(PORTS, answerFrom({ link, world, tally: tally.dns, journal })));
    const firewall = opened(new Firewall(world));
    changeable = firewall;
    const files = opened(
      showFiles(config.files, {
        call: (method, args, call) => link.call(method, args, call),
        program: fileServer,
        source: config.session,
        report: (text) => journal.note(text),
        listenUnix: async (socket) =>
          opened(await listenUnix({ ...socket, link, tally: tally.outgoing, journal })),
      }),
    );
    const seen = { link, podAddress, files };
    const parts = { ...seen, config, incoming, outgoing, udp, firewall, tally, journal };
    const explain = createExplain({ world, ...seen, lookUp, connectTo });
    closers.push(
      await serveAsked(statusSocket, {
        status: () => Promise.resolve(reportStatus(parts)),
        explain: ({ question }) => explain(question),
      }),
    );
    journal.note(`ready: connects are held by ${firewall.means}`);
    const missing = () => missingOf(parts);
    await keepHouse({ world, outgoing, udp, firewall, missing, tally, journal }, signal);
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

function serveAgent(mux: Mux, take: Incoming['take'], journal: Journal): void {
  mux.onStream = take;
  mux.handle('sidecar.notice', ({ text }) => {
    journal.note(`agent: ${String(text)}`);
    return Promise.resolve({ body: {} });
  });
}

function answerFrom(o: {
  link: AgentLink;
  world: LocalWorld;
  tally: Tally['dns'];
  journal: Journal;
}): AnswerQuery {
  const { link, ...rest } = o;
  return createAnswerQuery({
    ...rest,
    askDocker: (query, transport) =>
      o.world.resolvers.includes(DOCKER_RESOLVER)
        ? askNear(query, transport)
        : askFirst(query, transport, o.world.resolvers),
    askUpstream: (query, transport) => askFirst(query, transport, o.world.upstreams),
    isLinkUpWithin: (timeoutMs) => link.isUpWithin(timeoutMs),
    askAgent: async (query, transport, timeoutMs) => {
      const reply = await link.call('dns.query', { transport }, { tail: query, timeoutMs });
      return reply.tail;
    },
  });
}

interface House {
  readonly world: LocalWorld;
  readonly outgoing: Outgoing;
  readonly udp: OutgoingUdp;
  readonly firewall: Firewall;
  readonly missing: () => readonly string[];
  readonly tally: Tally;
  readonly journal: Journal;
}

/** What has to be looked at from time to time, until the signal. */
async function keepHouse(house: House, signal: AbortSignal): Promise<void> {
  const { world, outgoing, udp, firewall, missing, tally, journal } = house;
  const tellMissing = createMissingTeller(journal);
  const countRefused = createRefusedWatch(
    () => firewall.countRefused(),
    () => journal.problem('refused', 'packets of other protocols than TCP and UDP'),
  );
  while (!signal.aborted) {
    const startedMs = performance.now();
    try {
      await outgoing.sweep();
      udp.sweep();
      world.refresh();
      firewall.setLocal(world);
      tally.outgoing.refused = countRefused();
      tellMissing(missing());
    } catch (error) {
      journal.problem('housekeeping', error instanceof Error ? error.message : String(error));
    }
    const costMs = performance.now() - startedMs;
    const pauseMs = Math.min(HOUSEKEEPING_MAX_MS, Math.max(HOUSEKEEPING_MS, costMs * COST_RATIO));
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
}
