export interface ListeningPort {
  readonly port: number;
  readonly family: 4 | 6;
  /** Bound to 127.0.0.0/8 or ::1 only. */
  readonly loopbackOnly: boolean;
}

/** TCP ports on which something listens in the main thread's network namespace, sorted by port. */
export declare function listeningPorts(): ListeningPort[];
