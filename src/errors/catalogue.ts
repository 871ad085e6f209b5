/** Who must act on an error: the developer at the keyboard, whoever runs the cluster, or kdev's own authors. */
export type Actor = 'you' | 'admin' | 'kdev';

/** One kind of error: what never changes about it. docs/errors.md has one section a code. */
export interface ErrorKind {
  /** Stable for ever; its first digits say the class, as the exit code does. */
  readonly code: string;
  /** Who acts first. An error's hints may name others too. */
  readonly who: Actor;
  /** The program's exit code: 2x configuration, 3x permission, 4x cluster, 5x target, 6x data path, 7x agent, 8x session, 9x internal, 12x Docker. */
  readonly exitCode: number;
  /** The kind in general; the error's `fact` tells the case at hand. */
  readonly title: string;
}

function kind(code: string, exitCode: number, who: Actor, title: string): ErrorKind {
  return { code, who, exitCode, title };
}

/** Every kind of error that kdev shows, sorted by code. */
export const catalogue = {
  COMMAND_LINE: kind('KDEV2001', 20, 'you', 'the command line is not understood'),
  ARCHIVE_UNWRITABLE: kind('KDEV2002', 20, 'you', 'the archive cannot be written'),
  COMPOSE_FILE_INVALID: kind('KDEV2101', 21, 'you', 'Compose cannot read the project'),
  COMPOSE_FILE_MISSING: kind('KDEV2102', 21, 'you', 'there is no compose file'),
  COMPOSE_FILE_UNCHANGED: kind('KDEV2103', 21, 'you', 'a compose file cannot be added to'),
  X_KDEV_UNKNOWN_KEY: kind('KDEV2201', 22, 'you', 'an x-kdev key is not known'),
  X_KDEV_INVALID_VALUE: kind('KDEV2202', 22, 'you', 'an x-kdev value is not understood'),
  SETTING_NOT_BUILT: kind('KDEV2203', 22, 'you', 'a setting asks for what kdev cannot do yet'),
  SETTING_INVALID: kind('KDEV2204', 22, 'you', 'a flag or KDEV_ variable is not understood'),
  USER_FILE_UNREADABLE: kind('KDEV2205', 22, 'you', 'your own settings cannot be read'),
  NETWORK_MODE_REFUSED: kind('KDEV2301', 23, 'you', 'the service has a network of another kind'),
  REPLICAS_REFUSED: kind('KDEV2302', 23, 'you', 'the service runs more than once'),
  SHARED_NETWORK_REFUSED: kind('KDEV2303', 23, 'you', 'the service shares a network namespace'),
  SERVICE_NAME_TAKEN: kind('KDEV2304', 23, 'you', 'a service has a name that kdev needs'),
  SERVICE_UNKNOWN: kind('KDEV2305', 23, 'you', 'the project has no such service'),
  CONTAINER_REFUSED: kind('KDEV2306', 23, 'you', 'the container is of another kind'),
  INJECTION_REFUSED: kind('KDEV2307', 23, 'you', 'Compose copies a file in too early'),
  RUN_OPTION_REFUSED: kind('KDEV2308', 23, 'you', 'kdev run cannot take an option of docker run'),
  RUN_NAME_TAKEN: kind('KDEV2309', 23, 'you', 'a container of kdev run has the name already'),
  RUN_UNKNOWN: kind('KDEV2310', 23, 'you', 'no container of kdev run has the name'),
  KUBECONFIG_UNREADABLE: kind('KDEV2401', 24, 'you', 'the kubeconfig cannot be read'),
  CONTEXT_UNKNOWN: kind('KDEV2402', 24, 'you', 'the kubeconfig has no such context'),
  DEVCONTAINER_WITHOUT_KDEV: kind('KDEV2501', 25, 'you', 'a dev container starts without kdev'),
  DEVCONTAINER_INVALID: kind('KDEV2502', 25, 'you', 'devcontainer.json is not what kdev can use'),

  CREDENTIALS_REJECTED: kind('KDEV3001', 30, 'you', 'the cluster does not accept the credentials'),
  RBAC_DENIED: kind('KDEV3101', 31, 'admin', 'the cluster does not allow what kdev needs'),
  POD_SECURITY_REFUSED: kind('KDEV3102', 32, 'admin', 'Pod Security refuses the agent'),
  ADMISSION_REFUSED: kind('KDEV3103', 32, 'admin', 'an admission rule refuses the agent'),
  QUOTA_EXCEEDED: kind('KDEV3104', 33, 'admin', 'a quota leaves no room for the agent'),

  CLUSTER_UNREACHABLE: kind('KDEV4001', 40, 'you', 'the API server does not answer'),
  CLUSTER_CERTIFICATE: kind('KDEV4002', 41, 'you', "the API server's certificate is not trusted"),
  CLUSTER_FAILED: kind('KDEV4003', 42, 'admin', 'the API server answers with a failure'),

  NAMESPACE_UNKNOWN: kind('KDEV5001', 50, 'you', 'the cluster has no such namespace'),
  TARGET_UNKNOWN: kind('KDEV5002', 51, 'you', 'the namespace has no such target'),
  TARGET_NOT_READY: kind('KDEV5003', 52, 'you', 'the target has no ready pod'),
  CONTAINER_UNKNOWN: kind('KDEV5004', 53, 'you', 'the pod has no such container'),
  TARGET_PORT_TAKEN: kind('KDEV5005', 54, 'you', 'another session has the port'),
  TARGET_PORTS_UNKNOWN: kind('KDEV5006', 55, 'you', 'no port of the target is known'),
  TARGET_GONE: kind('KDEV5007', 56, 'admin', 'the target went away'),
  MATCH_UNCLEAR: kind('KDEV5008', 57, 'you', 'which workload a service stands for is not clear'),

  SIDECAR_UNHEALTHY: kind('KDEV6002', 61, 'kdev', 'the sidecar does not become healthy'),
  FILES_FAILED: kind('KDEV6003', 62, 'you', "the target's files cannot be shown"),
  CLUSTER_LEG_REFUSED: kind('KDEV6005', 64, 'admin', 'no way leads through the API server'),

  AGENT_IMAGE_UNAVAILABLE: kind('KDEV7001', 70, 'you', "the agent's image cannot be pulled"),
  AGENT_UNSCHEDULABLE: kind('KDEV7002', 71, 'admin', "the agent's pod cannot be scheduled"),
  AGENT_NOT_READY: kind('KDEV7003', 72, 'admin', 'the agent does not become ready in time'),
  AGENT_FAILED: kind('KDEV7004', 73, 'kdev', 'the agent ended with a failure'),
  PROTOCOL_MISMATCH: kind('KDEV7005', 74, 'you', 'cli and image speak different protocol versions'),

  SESSION_FAILED: kind('KDEV8001', 80, 'kdev', 'the session could not start'),
  SESSION_LOST: kind('KDEV8002', 81, 'kdev', 'the session ended while it was needed'),
  SESSION_BUSY: kind('KDEV8003', 82, 'you', 'another command works on the project'),
  SESSION_ABSENT: kind('KDEV8004', 83, 'you', 'no session runs for the project'),
  SESSION_UNINTELLIGIBLE: kind(
    'KDEV8005',
    84,
    'you',
    'the control socket answers with something else',
  ),
  PLACE_UNWRITABLE: kind('KDEV8006', 85, 'you', 'kdev cannot write where it must'),

  INTERNAL: kind('KDEV9001', 90, 'kdev', 'kdev has a bug'),
  DEADLINE_PASSED: kind('KDEV9002', 91, 'kdev', 'something took longer than its deadline'),

  DOCKER_NOT_RUNNING: kind('KDEV12001', 120, 'you', 'the Docker engine does not answer'),
  DOCKER_FORBIDDEN: kind('KDEV12002', 120, 'you', 'you may not use the Docker engine'),
  DOCKER_TOO_OLD: kind('KDEV12003', 121, 'you', 'the Docker engine is too old'),
  DOCKER_FAILED: kind('KDEV12004', 121, 'you', 'the Docker engine refused a request'),
  COMPOSE_MISSING: kind('KDEV12101', 122, 'you', 'Docker Compose is not installed'),
  COMPOSE_TOO_OLD: kind('KDEV12102', 122, 'you', 'Docker Compose is too old'),
  IMAGE_UNAVAILABLE: kind('KDEV12201', 123, 'you', "kdev's image is neither here nor to be had"),
  IMAGE_BUILD_FAILED: kind('KDEV12202', 123, 'you', "kdev's image could not be built"),
  IMAGE_NOT_LOADED: kind('KDEV12203', 123, 'you', 'the image was not loaded into the cluster'),
  PUBLISHED_PORT_IN_USE: kind('KDEV12301', 124, 'you', 'a published port is in use'),
  COMPOSE_FAILED: kind('KDEV12302', 125, 'you', 'Compose could not do what was asked'),
  MOUNT_WITHOUT_PLACE: kind('KDEV12303', 125, 'you', 'Docker finds no place for a mount'),
} as const satisfies Record<string, ErrorKind>;

export type ErrorName = keyof typeof catalogue;
