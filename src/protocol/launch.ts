import type { TrafficFilter } from './traffic-filter.ts';

/**
 * What the cli and the session hand to the two programs when they start them: plain, non-secret values, as JSON in the
 * environment variable `KDEV_CONFIG` of our own containers. The key never travels here.
 */

/** Raised whenever an older peer would misunderstand a newer one. Sidecar, agent and session compare it first. */
export const PROTOCOL_VERSION = 2;

/** `steal`: the service answers instead of the target; `mirror`: the service sees a copy, the target answers. */
export type IncomingMode = 'steal' | 'mirror' | 'off';

/** One port of the target and the port on which the service listens for it. */
export interface PortPair {
  readonly target: number;
  readonly service: number;
  /** undefined: TCP. */
  readonly transport?: 'udp';
}

/** A file tree of the target, and where the sidecar shows it: a path relative to the service's volume. */
export interface FileMount {
  /** Absolute path in the target's container, also the path in the service's container. */
  readonly path: string;
  /** Where it lies in the volume, e.g. `m/0`. */
  readonly stub: string;
  /** `materialise`: real files, kept fresh; `fuse`: read through the tunnel; `socket`: a unix socket, connected through it. */
  readonly how: 'materialise' | 'fuse' | 'socket';
}

export interface SidecarConfig {
  readonly protocol: number;
  readonly session: string;
  readonly service: string;
  /** Directory bind-mounted from the host, in which the sidecar listens on `link.sock`. */
  readonly linkDirectory: string;
  readonly incoming: {
    readonly mode: IncomingMode;
    readonly ports: readonly PortPair[];
    /** Instead of `ports`: every port on which the service listens, on the same of the target, but for these of either. */
    readonly every?: { readonly except: readonly number[] };
    /** Whether connections that are open when a port is stolen are moved too. */
    readonly flush: boolean;
    readonly filter?: TrafficFilter;
  };
  /** Patterns (pattern.ts) of what stays on this machine and what leaves from the pod. */
  readonly outgoing: {
    readonly local: readonly string[];
    readonly remote: readonly string[];
    /** Ports of the service's loopback that lead to the pod's. */
    readonly podLoopback: readonly number[];
  };
  /** The same of names alone: who resolves them. */
  readonly dns: { readonly local: readonly string[]; readonly remote: readonly string[] };
  /** Lower-case names that Docker's own resolver answers: services, aliases, container names, `host.docker.internal`. */
  readonly localNames: readonly string[];
  readonly files: {
    /** The tmpfs volume of the materialised trees, or undefined where none is shown. */
    readonly materialised?: string;
    /** The directory shared with the service for FUSE mounts, or undefined where none is shown. */
    readonly mounted?: string;
    readonly mounts: readonly FileMount[];
  };
}

export interface AgentConfig {
  readonly protocol: number;
  readonly session: string;
  /** Port of the tunnel's listener, on loopback and on the agent pod's own address. */
  readonly tunnelPort: number;
  readonly target: {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
    /** The container's id as the runtime knows it: 64 hexadecimal digits. */
    readonly containerId: string;
  };
  /** Ports on which the kubelet probes the target. */
  readonly probePorts: readonly number[];
  /** Time without any link after which the agent leaves. */
  readonly lingerMs: number;
}

/** What `sidecar.mjs explain` is asked, as its argument in JSON. */
export type ExplainQuestion =
  | {
      readonly kind: 'connection';
      /** A name or an address. */
      readonly host: string;
      /** undefined: nothing is connected to. */
      readonly port?: number;
      /** undefined: TCP. */
      readonly transport?: 'udp';
    }
  | { readonly kind: 'path'; readonly path: string };

/** The settings that decide where something goes. */
export type FilterList =
  | 'outgoing.local'
  | 'outgoing.remote'
  | 'outgoing.podLoopback'
  | 'dns.local'
  | 'dns.remote';

/** Why something goes where it goes. */
export interface DecidedBy {
  /** In words. */
  readonly rule: string;
  /** The filter that they are about. */
  readonly filter?: { readonly list: FilterList; readonly pattern: string };
}

/** What happened when it was tried: it took so long, or failed with this errno or code of the resolver. */
export interface Tried {
  readonly code: 'ok' | string;
  readonly tookMs: number;
}

/** What `sidecar.mjs explain` prints, as one line of JSON: the decisions that a service's sockets and files meet. */
export type Explanation =
  | {
      readonly kind: 'connection';
      /** undefined where an address was asked for. */
      readonly name?: DecidedBy & {
        /** `no data`: of a local name, what Docker's resolver does not know. */
        readonly answeredBy: 'hosts file' | 'docker' | 'agent' | 'no data';
        readonly lookup: Tried;
      };
      readonly addresses: readonly (DecidedBy & {
        readonly address: string;
        /** Where it is reached: on this machine, from the pod, or nowhere. */
        readonly route: 'local' | 'agent' | 'refused';
        readonly connect?: Tried;
      })[];
    }
  | {
      readonly kind: 'path';
      /** The tree of the pod's that is shown there; undefined where the path is the service's own. */
      readonly shown?: {
        readonly path: string;
        readonly how: FileMount['how'];
        /** Why it is not shown yet. */
        readonly missing?: string;
      };
      /** What is there in the pod, whether it is shown or not. */
      readonly inPod: Tried & {
        readonly type?: 'file' | 'directory' | 'other';
        readonly bytes?: number;
      };
    };

/** What `sidecar.mjs status` prints, as one line of JSON. Counts are since the sidecar's start. */
export interface SidecarStatus {
  readonly protocol: number;
  readonly session: string;
  readonly service: string;
  /** What is not in place yet, in words; empty when healthy. */
  readonly missing: readonly string[];
  readonly link: {
    readonly state: 'up' | 'resuming' | 'closed';
    /** Round trip to the agent. */
    readonly rttMs: number;
    /** How often a pipe was replaced. */
    readonly resumed: number;
  };
  /** Which of the kernel's ways to hold a connect() was found: `nft queue` or `xt NFQUEUE`. */
  readonly holds: string;
  readonly incoming: {
    readonly mode: IncomingMode;
    /** Ports of the service on which it listens, among the configured ones. */
    readonly listening: readonly number[];
    /** Ports of the target that the agent intercepts now. */
    readonly ports: readonly number[];
    readonly connections: number;
    readonly open: number;
    /** Connections that the service did not take. */
    readonly failed: number;
    /** The same of UDP: ports of the service that are bound, ports of the target that are intercepted, clients that speak to it. */
    readonly udp: {
      readonly listening: readonly number[];
      readonly ports: readonly number[];
      readonly flows: number;
    };
  };
  /** Whether IPv6 leaves from the pod: it does where the pod has an address. `switched off here`: this machine's Docker gave the service none. */
  readonly ipv6: 'carried' | 'not in the pod' | 'switched off here';
  readonly outgoing: {
    readonly connections: number;
    readonly open: number;
    /** Held while the agent dials. */
    readonly dialling: number;
    readonly failed: number;
    /** Packets of other protocols than TCP and UDP, refused at once. */
    readonly refused: number;
  };
  readonly udp: {
    /** Sockets of the service that speak through the agent now. */
    readonly flows: number;
    /** Datagrams of the service's that were sent, and those that came for it. */
    readonly sent: number;
    readonly received: number;
    /** Datagrams that found no room, or no link. */
    readonly dropped: number;
    /** Datagrams that the network answered with an error, which the service was told. */
    readonly refused: number;
  };
  readonly dns: {
    /** Questions that the agent answered, and those that Docker's resolver answered. */
    readonly agent: number;
    readonly docker: number;
    /** Questions answered with SERVFAIL or not at all. */
    readonly failed: number;
  };
  readonly lastError?: { readonly name: string; readonly text: string; readonly at: string };
  readonly rssBytes: number;
}
