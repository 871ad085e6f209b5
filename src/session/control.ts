import type { Chosen } from '../cluster/chosen.ts';
import type { Target } from '../cluster/target.ts';
import type { Fingerprint } from '../compose/drift.ts';
import type { PublishedPort } from '../compose/published-ports.ts';
import type { ServicePlan } from '../compose/service-plan.ts';
import type { Origin, ServiceSettings } from '../config/settings.ts';
import type { PlainError } from '../errors/kdev-error.ts';
import type {
  ExplainQuestion,
  Explanation,
  FilterList,
  PortPair,
  SidecarStatus,
} from '../protocol/launch.ts';
import type { AgentStatus } from '../protocol/messages.ts';
import type { PipeState } from './keep-pipe.ts';
import type { ClusterNetwork } from './overlaps.ts';

/*
 * The control protocol between cli and session: JSON lines over a unix socket that only this user reaches.
 *
 *   cli → session   {id, version, method, params}
 *   session → cli   {id, event}*, then {id, result} or {id, error: {code, fact, evidence, hints}}
 *
 * `version` is kdev's own: cli and session come from one package, so another version is refused and told, but for `release`, `end` and `gone`.
 */

/** The longest line a session reads, and a cli. An environment of several MiB, in base64, must fit into the latter. */
export const REQUEST_BYTES = 1024 * 1024;
export const ANSWER_BYTES = 64 * 1024 * 1024;

export interface UpRequest {
  readonly project: string;
  /** Compose's project directory. */
  readonly directory: string;
  /** Its compose files. */
  readonly files: readonly string[];
  /** KUBECONFIG of the command. */
  readonly kubeconfig: string | undefined;
  /** What to build the image on where it must be built; undefined for what it was built on before, else the public base. */
  readonly imageBase: string | undefined;
  /** What the command is about to publish on this machine. */
  readonly publishes: readonly PublishedPort[];
  readonly services: readonly ServiceSettings[];
  /** Whether one failing service ends them all; else the others come up, unless there is none. */
  readonly failFast: boolean;
  /** Whether these are all services that the project wants intercepted: others that are up are given up. */
  readonly isWhole: boolean;
  /** Services of the project that are not to be intercepted any more: given up in any case. */
  readonly former: readonly string[];
}

/** What the cluster says of one service's settings, before anything is created. */
export interface Decision {
  readonly service: string;
  readonly context: Chosen;
  readonly namespace: Chosen;
  readonly server: string;
  readonly target: Target;
  readonly ports: readonly PortPair[];
  /** Instead of them: every port on which the service listens, but for these. */
  readonly every?: { readonly except: readonly number[] };
  readonly agentNamespace: string;
  readonly image: string;
  readonly warnings: readonly string[];
}

export type SessionEvent =
  | { readonly kind: 'decided'; readonly decision: Decision }
  /** All targets serve their own traffic again. */
  | { readonly kind: 'released' }
  /**
   * The session is about to end. To `up`: the error comes when it has, and then another one can be started. To `attach`:
   * somebody else wants it, `why` where that is no command.
   */
  | { readonly kind: 'ending'; readonly why?: string | undefined }
  /** `subject` is one line of the progress, e.g. `agent orders`. */
  | {
      readonly kind: 'step';
      readonly subject: string;
      readonly state: 'working' | 'done' | 'failed';
      readonly words: string;
    };

/** All that rendering needs of one service. */
export interface ServiceFacts {
  readonly decision: Decision;
  readonly hostname: string;
  readonly linkDirectory: string;
  /** The target's environment, NUL-separated, in base64. */
  readonly environment: string;
  readonly files: ServicePlan['files'];
  /** What the agent sees of the cluster's addresses. */
  readonly network: ClusterNetwork;
}

export interface UpResult {
  readonly session: string;
  /** What was brought up last in this session; empty before anything was. */
  readonly before: Fingerprint;
  readonly services: readonly ServiceFacts[];
  /** Those that could not be brought into the cluster. */
  readonly failed: readonly FailedService[];
}

export interface FailedService {
  readonly service: string;
  readonly error: PlainError;
}

export interface ServiceStatus {
  readonly service: string;
  readonly decision: Decision;
  readonly mode: ServiceSettings['incoming']['mode'];
  readonly filter?: ServiceSettings['incoming']['filter'];
  readonly state: 'starting' | 'serving' | 'released' | 'lost';
  readonly since: string;
  readonly pipe: PipeState;
  /** How often the pipe between sidecar and agent was replaced. */
  readonly replaced: number;
  readonly agent: AgentStatus | undefined;
  /** Since when the agent is known not to answer. */
  readonly silentSince?: string | undefined;
  readonly sidecar: SidecarStatus | undefined;
  /** Why a port on which the service listens does not come in: another session has it. */
  readonly conflict?: PlainError | undefined;
  /** What happened to it, newest last: a new pod followed, a sidecar started again. */
  readonly notices: readonly { readonly at: string; readonly text: string }[];
}

export interface IncomingNow {
  readonly service: string;
  /** Ports of the target that come in, because the service listens for them. */
  readonly ports: readonly number[];
  /** The same of UDP. */
  readonly udp: readonly number[];
  /** Whether sidecar and agent have a link. */
  readonly isLinked: boolean;
  /** Who has a port that does not come in, though the service listens. */
  readonly conflict?: PlainError | undefined;
}

export interface Explained {
  readonly decision: Decision;
  /** Where each list of filters was given. */
  readonly origins: Readonly<Record<FilterList, Origin>>;
  readonly explanation: Explanation;
}

export interface HeldEnvironment {
  /** NUL-separated, in base64. */
  readonly environment: string;
  readonly rules: ServiceSettings['env'];
  /** Names that have another value in the pod than when the service was brought up. */
  readonly changed: readonly string[];
}

export interface SessionStatus {
  readonly session: string;
  readonly version: string;
  readonly project: string;
  readonly directory: string;
  readonly owner: string;
  readonly pid: number;
  readonly since: string;
  readonly rssBytes: number;
  /** Whether a foreground command holds the session. */
  readonly attached: boolean;
  readonly services: readonly ServiceStatus[];
}

/**
 * `stay`: somebody else stopped them, and they may start again. `going`: somebody else removes them, and kdev's volumes
 * go after them. `down`: the command that asks removes them and says so by `gone`; where it is gone before, the session does
 * it. `remove`: the session removes the whole compose project, as `docker compose down` does; `kill`:
 * without grace.
 */
export type ContainersAtEnd = 'stay' | 'going' | 'down' | 'remove' | 'kill';

/** Method → its parameters and its answer. */
export interface ControlApi {
  /**
   * Sees to the services of the request. Until `settle`, the session lives no longer than the connection that asked.
   */
  up: { params: UpRequest; result: UpResult };
  /** The containers are up: the session outlives the command. `brought` is what they are, where they were made anew. */
  settle: {
    params: {
      readonly brought?: Fingerprint;
      /** Whether all of it ends when its containers have. */
      readonly endsWithContainers?: boolean;
    };
    result: Record<string, never>;
  };
  /** A lease: the session ends everything when this connection is gone. Answers when all services of the user's have exited. */
  attach: { params: Record<string, never>; result: Record<string, never> };
  status: { params: Record<string, never>; result: SessionStatus };
  /** What those services were brought up with that are up; nothing is asked of anybody. */
  facts: {
    params: Record<string, never>;
    result: Pick<UpResult, 'session' | 'services'> & { readonly brought: Fingerprint };
  };
  /** What comes in by now, without asking the sidecars: cheap enough to be asked again and again. */
  incoming: {
    params: Record<string, never>;
    result: { readonly services: readonly IncomingNow[] };
  };
  /** What the target's environment holds now, and by which rules the service gets it; empty where it is not up. */
  environment: {
    params: { readonly service: string };
    result: { readonly held?: HeldEnvironment };
  };
  /** Where something of a service's goes, asked of its sidecar; empty where the service is not up. */
  explain: {
    params: { readonly service: string; readonly question: ExplainQuestion };
    result: { readonly explained?: Explained };
  };
  /** The targets get their traffic back; nothing else changes. Without names those of all services. */
  release: { params: { readonly services?: readonly string[] }; result: Record<string, never> };
  /** What `end` with `down` was to wait for is removed. */
  gone: { params: Record<string, never>; result: Record<string, never> };
  /**
   * Releases, sees to the containers and sees the agents gone. The session exits after the answer, unless only some of
   * its services were named.
   */
  end: {
    params: { readonly containers: ContainersAtEnd; readonly services?: readonly string[] };
    result: Record<string, never>;
  };
}

export type ControlMethod = keyof ControlApi;

export interface ControlRequest<M extends ControlMethod = ControlMethod> {
  readonly id: number;
  readonly version: string;
  readonly method: M;
  readonly params: ControlApi[M]['params'];
}

export type ControlAnswer =
  | { readonly id: number; readonly event: SessionEvent }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: PlainError };
