import type { ServiceSettings } from '../config/settings.ts';
import type { AgentApi } from '../protocol/messages.ts';
import { type HostPattern, matchesAddress, parsePattern } from '../protocol/pattern.ts';

export type ClusterNetwork = AgentApi['target.network']['answer'];
type Network = Extract<HostPattern, { kind: 'network' }> & { readonly text: string };

export interface OverlapQuestion {
  /** Networks of Docker's to which the service is or will be connected. */
  readonly connected: readonly string[];
  readonly cluster: ClusterNetwork;
  readonly outgoing: Pick<ServiceSettings['outgoing'], 'local' | 'remote'>;
}

/**
 * The networks of Docker's that hide a part of the cluster from the service, in words with what to set. One about which a
 * filter says something is as it was wanted.
 */
export function overlapWords({ connected, cluster, outgoing }: OverlapQuestion): readonly string[] {
  const filters = networksOf([...outgoing.local, ...outgoing.remote]);
  return networksOf(connected).flatMap((near) => {
    const pods = networksOf(cluster.pods).find((far) => isWithin(near, far) || isWithin(far, near));
    const service = networksOf(cluster.services).find((far) => isWithin(far, near));
    const hidden = pods ?? service;
    if (!hidden) return [];
    // Of the addresses of Services only some are known, not their whole range.
    const wanted = pods && pods.bits > near.bits && !isAddress(pods) ? pods : near;
    if (filters.some((filter) => filter.bits >= near.bits && isWithin(wanted, filter))) return [];
    const whose = pods ? `its pods: ${pods.text}` : `its Services: ${hidden.text}`;
    return [
      `the Docker network ${near.text} is the cluster's too (${whose}): what is there stays on this machine. outgoing: {remote: [${wanted.text}]} gives it to the pod, and services of the project stay reachable by their names`,
    ];
  });
}

function networksOf(texts: readonly string[]): readonly Network[] {
  return texts.flatMap((text) => {
    const parsed = parsePattern(text);
    if ('problem' in parsed || parsed.host.kind !== 'network') return [];
    const isPlain = parsed.port === undefined && parsed.protocol === undefined;
    return isPlain ? [{ ...parsed.host, text }] : [];
  });
}

function isWithin(inner: Network, outer: Network): boolean {
  return outer.bits <= inner.bits && matchesAddress(outer, inner.address);
}

function isAddress({ family, bits }: Network): boolean {
  return bits === (family === 4 ? 32 : 128);
}
