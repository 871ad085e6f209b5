/**
 * Numbers that the sidecar takes for itself in the service's network namespace: marks, the queue, routing table and the
 * ports of its loopback listeners. The ports lie below the kernel's ephemeral range and are fixed, so that conntrack's
 * memory of a flow still fits after the sidecar was restarted.
 */

/** Packet marks (SO_MARK, meta mark). The first byte keeps them apart from what a service may use. */
export const MARKS = {
  /** Sockets of the sidecar itself: never captured. */
  own: 0x6b64_0001,
  /** Sockets that deliver incoming connections; also the ct mark of these. */
  deliver: 0x6b64_0002,
  /** A SYN that waits in the queue for the agent's dial. */
  hold: 0x6b64_0003,
  /** A datagram that is to be carried; only a living sidecar makes it `carry`. */
  datagram: 0x6b64_0005,
  /** Dialled, or a datagram: routed to the transparent listeners; also the ct mark of a dialled connection. */
  carry: 0x6b64_0004,
  /** Verdicts on a connect() that failed at the agent. */
  refuse: 0x6b64_0010,
  hostUnreachable: 0x6b64_0011,
  netUnreachable: 0x6b64_0012,
} as const;

/** A mark as nft writes it. */
export function mark(name: keyof typeof MARKS): string {
  return `0x${MARKS[name].toString(16)}`;
}

/** The sidecar's nft table, of the `inet` family, and the one that queues. */
export const TABLE = 'kdev';
export const QUEUE_TABLE = 'kdev_queue';
/** Owned by the sidecar's process: datagrams go on to its listener while it lives. */
export const DATAGRAM_TABLE = 'kdev_datagrams';
export const QUEUE = 107;
export const ROUTING = { table: 107, preference: 107 } as const;

export interface ListenerPorts {
  /** Takes over held connections (TPROXY). */
  readonly transparent: number;
  /** Takes datagrams (TPROXY). */
  readonly datagrams: number;
  /** Takes what the service asks its own resolvers. */
  readonly dns: number;
  /** Takes what anything here asks other nameservers: dockerd's forwards among it. */
  readonly dnsForwarded: number;
}

export const PORTS: ListenerPorts = {
  transparent: 27_101,
  datagrams: 27_102,
  dns: 27_153,
  dnsForwarded: 27_154,
};

/** Where the listeners of the families that are carried stand. */
export const LOOPBACK = { both: ['127.0.0.1', '::1'], ipv4: ['127.0.0.1'] } as const;

/** Where Docker's own resolver listens in every namespace of a user-defined network. */
export const DOCKER_RESOLVER = '127.0.0.11';
