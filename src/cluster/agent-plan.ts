import type { AgentConfig, IncomingMode } from '../protocol/launch.ts';
import type { TrafficFilter } from '../protocol/traffic-filter.ts';
import type { Target } from './target.ts';

/** All that decides how an agent looks in the cluster. */
export interface AgentPlan {
  /** 12 characters of the session's id. */
  readonly session: string;
  /** The Compose service whose agent it is. */
  readonly service: string;
  /** Where the Job and the Secret live: the target's namespace, or one that the admin offers for agents. */
  readonly namespace: string;
  readonly image: string;
  readonly target: Target;
  readonly config: AgentConfig;
  readonly incoming: {
    readonly mode: IncomingMode;
    readonly ports: readonly number[] | 'all';
    readonly filter?: TrafficFilter | undefined;
  };
  /** Whether the agent serves files of other users: it asks for one more capability. */
  readonly files: boolean;
  /** Whether it connects to unix sockets of other users, which takes another one. */
  readonly sockets: boolean;
  /** `ada@laptop`. */
  readonly owner: string;
  readonly since: Date;
}

/** The tunnel's key, as the agent's Secret holds it. */
export interface AgentKey {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly secret: Buffer;
}
