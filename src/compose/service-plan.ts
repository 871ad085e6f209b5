import type { FileMount, SidecarConfig } from '../protocol/launch.ts';

/**
 * All that rendering needs to know of one intercepted service beside the project itself: what was asked, and what the
 * agent reported.
 */
export interface ServicePlan {
  readonly service: string;
  /** The session's id: the label of everything that kdev adds. */
  readonly session: string;
  /** What the service stands for, in words; they stay with its stopped containers. */
  readonly target: string;
  /** The image of holder and sidecar. */
  readonly image: string;
  /** The pod's hostname; the user's own `hostname` goes before it. */
  readonly hostname: string | undefined;
  /** A directory of this machine, in which the sidecar listens on `link.sock`. It exists before `up`. */
  readonly linkDirectory: string;
  readonly incoming: SidecarConfig['incoming'];
  readonly outgoing: SidecarConfig['outgoing'];
  readonly dns: SidecarConfig['dns'];
  readonly environment: MergedEnvironment;
  readonly files: {
    readonly mounts: readonly FileMount[];
    /** Name of the tmpfs volume with the materialised trees. The session makes it before `up` and removes it. */
    readonly materialised?: string;
    /** The volume that FUSE mounts appear in, and its directory on the Docker host. Made and removed by the session. */
    readonly mounted?: { readonly volume: string; readonly mountpoint: string };
  };
}

/** What kdev adds to the environment of a service. The values are secrets: they never print and never touch the disk. */
export interface MergedEnvironment {
  readonly values: ReadonlyMap<string, string>;
  /** Names that the service must not have at all, the image's included. */
  readonly unset: readonly string[];
  /** How many of the values come from the pod; the others are the user's `override`. */
  readonly fromPod: number;
  /** Names of the pod that the service does not get from it, each with the rule that says so. */
  readonly leftOut: readonly { readonly name: string; readonly rule: LeaveOutRule }[];
  /** Names of the pod that Docker cannot carry, each with the reason. */
  readonly refused: readonly { readonly name: string; readonly why: string }[];
}

/** `image`: it belongs to the container's image or process. `compose`: the compose file gives it a value. */
export type LeaveOutRule = 'unset' | 'override' | 'compose' | 'include' | 'exclude' | 'image';

/** Nothing of the service is brought up: the plan says only what kdev's parts of it are called. */
export function isNamesOnly({ session }: ServicePlan): boolean {
  return session === '';
}

/** A plan for commands that neither create nor change containers: `ps`, `logs`, `down`, … need only the names. */
export function namesOnlyPlan(service: string, image: string): ServicePlan {
  return {
    service,
    session: '',
    target: '',
    image,
    hostname: undefined,
    linkDirectory: '/',
    incoming: { mode: 'off', ports: [], flush: false },
    outgoing: { local: [], remote: [], podLoopback: [] },
    dns: { local: [], remote: [] },
    environment: { values: new Map(), unset: [], fromPod: 0, leftOut: [], refused: [] },
    files: { mounts: [] },
  };
}
