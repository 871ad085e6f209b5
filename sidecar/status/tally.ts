/** Counts since the sidecar's start, written by the rooms and read by status. */
export interface Tally {
  readonly incoming: { connections: number; open: number; failed: number };
  readonly outgoing: { connections: number; open: number; failed: number; refused: number };
  /** Datagrams of the service's that were sent and that came for it; those that found no room; those that the network refused. */
  readonly udp: { sent: number; received: number; dropped: number; refused: number };
  readonly dns: { agent: number; docker: number; failed: number };
}

export function newTally(): Tally {
  return {
    incoming: { connections: 0, open: 0, failed: 0 },
    outgoing: { connections: 0, open: 0, failed: 0, refused: 0 },
    udp: { sent: 0, received: 0, dropped: 0, refused: 0 },
    dns: { agent: 0, docker: 0, failed: 0 },
  };
}
