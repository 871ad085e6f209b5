import {
  PROTOCOL_VERSION,
  type SidecarConfig,
  type SidecarStatus,
} from '../src/protocol/launch.ts';
import type { Journal } from '../src/runtime/journal.ts';
import type { ShownFiles } from './files/show-files.ts';
import type { Firewall } from './firewall.ts';
import type { Incoming } from './incoming/incoming.ts';
import type { AgentLink } from './link/agent-link.ts';
import type { Outgoing } from './outgoing/outgoing.ts';
import type { OutgoingUdp } from './outgoing/outgoing-udp.ts';
import type { PodAddress } from './outgoing/pod-address.ts';
import type { Tally } from './status/tally.ts';

export interface StatusParts {
  readonly config: Pick<SidecarConfig, 'session' | 'service'>;
  readonly link: Pick<AgentLink, 'state' | 'why' | 'rttMs' | 'resumed'>;
  readonly podAddress: Pick<PodAddress, 'isKnown' | 'ipv6'>;
  readonly firewall: Pick<Firewall, 'means'>;
  readonly incoming: Pick<Incoming, 'mode' | 'listening' | 'ports' | 'udp'>;
  readonly outgoing: Pick<Outgoing, 'dialling'>;
  readonly udp: Pick<OutgoingUdp, 'flows'>;
  readonly files: Pick<ShownFiles, 'missing'>;
  readonly tally: Tally;
  readonly journal: Pick<Journal, 'lastError'>;
}

/** The sidecar as it is now. Once this can be asked, rules and listeners stand. */
export function reportStatus(parts: StatusParts): SidecarStatus {
  const { config, link, incoming, tally } = parts;
  const { lastError } = parts.journal;
  return {
    protocol: PROTOCOL_VERSION,
    session: config.session,
    service: config.service,
    missing: missingOf(parts),
    link: { state: link.state, rttMs: link.rttMs, resumed: link.resumed },
    holds: parts.firewall.means,
    incoming: {
      mode: incoming.mode,
      listening: incoming.listening,
      ports: incoming.ports,
      udp: incoming.udp,
      ...tally.incoming,
    },
    ipv6: parts.podAddress.ipv6,
    outgoing: { ...tally.outgoing, dialling: parts.outgoing.dialling },
    udp: { flows: parts.udp.flows, ...tally.udp },
    dns: { ...tally.dns },
    ...(lastError ? { lastError } : {}),
    rssBytes: process.memoryUsage.rss(),
  };
}

/** What is not in place yet, in words. */
export function missingOf({
  link,
  podAddress,
  files,
}: Pick<StatusParts, 'link' | 'podAddress' | 'files'>): readonly string[] {
  const noLink = link.state === 'up' ? [] : [`no link to the agent: ${link.why}`];
  const noAddress = podAddress.isKnown ? [] : ["the pod's address is not known yet"];
  return [...noLink, ...noAddress, ...files.missing()];
}
