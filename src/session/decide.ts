import { admitAgent } from '../cluster/admit-agent.ts';
import type { AgentPlan } from '../cluster/agent-plan.ts';
import { type Cluster, openCluster } from '../cluster/cluster.ts';
import { findTarget } from '../cluster/find-target.ts';
import { checkTakenPorts } from '../cluster/other-sessions.ts';
import type { Target } from '../cluster/target.ts';
import type { ServiceSettings } from '../config/settings.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { type PortPair, PROTOCOL_VERSION } from '../protocol/launch.ts';
import type { Decision } from './control.ts';
import { ownPlaceOf } from './own-sessions.ts';
import { ownRuntimeRoot } from './runtime-folder.ts';

/** Of the agent's pod alone: nothing else listens in its network namespace. */
const tunnelPort = 7313;
/** How long an agent stays without any link. */
const lingerMs = 40_000;

export interface DecideOptions {
  readonly session: string;
  /** `ada@laptop`. */
  readonly owner: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A decision, and what acting on it takes. */
export interface Decided {
  readonly cluster: Cluster;
  readonly decision: Decision;
  readonly plan: AgentPlan;
  readonly mayProxy: boolean;
}

/** Asks the cluster all that may say no, and creates nothing. The caller closes `cluster`. */
export async function decide(
  settings: ServiceSettings,
  options: DecideOptions,
  signal: AbortSignal,
): Promise<Decided> {
  const cluster = openCluster({ ...chosenBy(settings), env: options.env });
  try {
    const target = await findTarget(cluster, queryOf(settings, cluster.namespace.value), signal);
    refuseHostNetwork(settings, target);
    const ports = portsOf(settings, target);
    const plan = planAgent({ settings, target, ports }, options);
    const root = ownRuntimeRoot();
    const placeOf = (session: string) => ownPlaceOf(root, session);
    const taken = checkTakenPorts(cluster, plan, { signal, placeOf });
    // Rights first: without them the other question fails for the same reason, and says less.
    taken.catch(() => undefined);
    const { mayProxy, warnings } = await admitAgent(cluster, plan, signal);
    await taken;
    const decision = {
      service: settings.service,
      context: cluster.context,
      namespace: cluster.namespace,
      server: cluster.server,
      target,
      ports,
      ...everyOf(settings),
      agentNamespace: plan.namespace,
      image: settings.agent.image,
      warnings,
    };
    return { cluster, decision, plan, mayProxy };
  } catch (error) {
    cluster.close();
    throw error;
  }
}

/** The context and the namespace that were asked for, and where. */
export function chosenBy({
  context,
  namespace,
  origins,
}: Pick<ServiceSettings, 'origins'> & Partial<Pick<ServiceSettings, 'context' | 'namespace'>>) {
  return {
    ...(context ? { context: { value: context, from: origins.context.words } } : {}),
    ...(namespace ? { namespace: { value: namespace, from: origins.namespace.words } } : {}),
  };
}

export function queryOf({ target, container }: ServiceSettings, namespace: string) {
  const name = `${target.kind}/${target.name}`;
  return { namespace, target: name, ...(container ? { container } : {}) };
}

interface Wanted {
  readonly settings: ServiceSettings;
  readonly target: Target;
  readonly ports: readonly PortPair[];
}

export function planAgent({ settings, target, ports }: Wanted, options: DecideOptions): AgentPlan {
  const { agent, incoming, outgoing, files, service } = settings;
  const { namespace, pod, container, containerId, probePorts } = target;
  return {
    session: options.session,
    service,
    namespace: agent.namespace ?? namespace,
    image: agent.image,
    target,
    config: {
      protocol: PROTOCOL_VERSION,
      session: options.session,
      tunnelPort,
      target: { namespace, pod, container, containerId },
      // Where the service answers them, none is told from other clients.
      probePorts: incoming.probes === 'steal' ? [] : probePorts,
      lingerMs,
    },
    incoming: {
      mode: incoming.mode,
      ports: everyOf(settings).every ? 'all' : tcpPortsOf(ports),
      filter: incoming.filter,
    },
    files: files.mounts !== 'off' || files.read.length > 0 || outgoing.unix.length > 0,
    sockets: outgoing.unix.length > 0,
    owner: options.owner,
    since: new Date(),
  };
}

/** Of UDP ports the kernel itself keeps two agents apart. */
export function tcpPortsOf(ports: readonly PortPair[]): readonly number[] {
  return ports.filter(({ transport }) => transport === undefined).map(({ target }) => target);
}

/** Every port on which the service listens, where that was asked for. */
export function everyOf({ incoming }: ServiceSettings): Pick<Decision, 'every'> {
  const isEvery = incoming.mode !== 'off' && incoming.ports === 'all';
  return isEvery ? { every: { except: incoming.ignore } } : {};
}

/** What was asked for, else every port that the container declares, on the same port of the service; of `all` none is known yet. */
export function portsOf(settings: ServiceSettings, target: Target): readonly PortPair[] {
  const { incoming, service } = settings;
  if (incoming.mode === 'off' || incoming.ports === 'all') return [];
  const ports = incoming.ports ?? declaredPairs(settings, target);
  const left = ports.filter((pair) => !incoming.ignore.includes(pair.target));
  if (left.length > 0) return left;
  throw kdevError('TARGET_PORTS_UNKNOWN', {
    fact: `incoming.ignore leaves no port of ${target.name} for ${service}`,
    hints: [
      { who: 'you', text: 'leave a port out of ignore, or name others in incoming.ports' },
      { who: 'you', text: 'or take none: x-kdev: {incoming: off}' },
    ],
  });
}

function declaredPairs(
  { service, incoming }: ServiceSettings,
  target: Target,
): readonly PortPair[] {
  const declared = target.ports.flatMap(({ port, protocol }): PortPair[] => {
    const pair = { target: port, service: port };
    if (protocol === 'TCP') return [pair];
    // A filter is of HTTP requests: who gives one does not mean to take all of something else.
    const isTaken = protocol === 'UDP' && incoming.filter === undefined;
    return isTaken ? [{ ...pair, transport: 'udp' }] : [];
  });
  if (declared.length > 0) return declared;
  throw kdevError('TARGET_PORTS_UNKNOWN', {
    fact: `container ${target.container} of ${target.name} declares no port, so ${service} cannot know which to take`,
    hints: [
      { who: 'you', text: 'name them: x-kdev: {incoming: {ports: ["8080:80"]}}' },
      { who: 'you', text: 'or take none: x-kdev: {incoming: off}' },
    ],
  });
}

/** Its network namespace is the node's: rules there would take the node's traffic. */
function refuseHostNetwork({ incoming }: ServiceSettings, target: Target): void {
  if (!target.hostNetwork || incoming.mode === 'off') return;
  throw kdevError('SETTING_NOT_BUILT', {
    fact: `pod ${target.pod} uses its node's network, which kdev does not intercept`,
    hints: [{ who: 'you', text: 'outgoing, DNS, files and environment work: incoming: off' }],
  });
}
