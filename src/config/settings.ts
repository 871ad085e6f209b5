import type { IncomingMode, PortPair } from '../protocol/launch.ts';
import type { TrafficFilter } from '../protocol/traffic-filter.ts';

/** Where a value comes from: the words for the screen, e.g. `--context`, `KDEV_CONTEXT`, `x-kdev in compose.yaml:12`, `~/.config/kdev/config.yaml:3`, `default`. */
export interface Origin {
  readonly from: 'flag' | 'environment' | 'service' | 'project' | 'user' | 'default';
  readonly words: string;
}

/** The keys of the settings whose origin is told. */
export type SettingKey =
  | 'target'
  | 'namespace'
  | 'context'
  | 'container'
  | 'incoming.mode'
  | 'incoming.ports'
  | 'incoming.ignore'
  | 'incoming.flush'
  | 'incoming.probes'
  | 'incoming.filter'
  | 'outgoing.local'
  | 'outgoing.remote'
  | 'outgoing.podLoopback'
  | 'outgoing.unix'
  | 'dns.local'
  | 'dns.remote'
  | 'env.include'
  | 'env.exclude'
  | 'env.override'
  | 'env.unset'
  | 'files.mounts'
  | 'files.read'
  | 'agent.image'
  | 'agent.namespace'
  | 'agent.mode';

export interface TargetName {
  readonly kind: 'pod' | 'deployment';
  readonly name: string;
}

/** Everything that was asked of kdev for one service, from all sources, checked. */
export interface ServiceSettings {
  readonly service: string;
  readonly target: TargetName;
  /** undefined: the context's own namespace. */
  readonly namespace: string | undefined;
  /** undefined: the kubeconfig's current context. */
  readonly context: string | undefined;
  /** undefined: the pod's main container. */
  readonly container: string | undefined;
  readonly incoming: {
    readonly mode: IncomingMode;
    /**
     * undefined: every port that the container declares, on the same port of the service; `all`: every port on which the
     * service listens.
     */
    readonly ports: readonly PortPair[] | 'all' | undefined;
    /** Ports of the target that stay with it. */
    readonly ignore: readonly number[];
    readonly flush: boolean;
    /** Who answers the kubelet's probes of a stolen port. */
    readonly probes: 'target' | 'steal';
    /** undefined: everything comes in. */
    readonly filter: TrafficFilter | undefined;
  };
  /** Patterns of what stays on this machine, and of what leaves from the pod; see protocol/pattern. */
  readonly outgoing: {
    readonly local: readonly string[];
    readonly remote: readonly string[];
    /** Ports of the service's loopback that lead to the pod's. */
    readonly podLoopback: readonly number[];
    /** Absolute paths of the pod's unix sockets. */
    readonly unix: readonly string[];
  };
  /** The same of names alone: who resolves them. */
  readonly dns: { readonly local: readonly string[]; readonly remote: readonly string[] };
  readonly env: {
    /** Globs; a name is taken where one matches. */
    readonly include: readonly string[];
    readonly exclude: readonly string[];
    readonly override: Readonly<Record<string, string>>;
    readonly unset: readonly string[];
  };
  readonly files: {
    /** `auto`: ConfigMaps, Secrets and projected volumes of the target's container. */
    readonly mounts: 'auto' | 'off';
    /** Further absolute paths, read through the tunnel. */
    readonly read: readonly string[];
  };
  readonly agent: {
    readonly image: string;
    /** undefined: the target's namespace. */
    readonly namespace: string | undefined;
    readonly mode: 'auto' | 'node';
  };
  readonly origins: Readonly<Record<SettingKey, Origin>>;
}
