import { type Hint, type KdevError, kdevError } from '../errors/kdev-error.ts';
import { portInUse } from '../errors/port-in-use.ts';
import { readComposeStep } from './compose-progress.ts';
import { engineComplaint } from './engine-complaint.ts';

export interface FailedCompose {
  readonly exitCode: number;
  /** The end of what Compose said. */
  readonly stderr: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What the container says for itself that Compose waited for in vain. */
  readonly containerWords?: string | undefined;
  /** What the command started is removed: nothing is left to look at. */
  readonly isRemoved?: boolean;
}

/** The container that Compose waited for in vain. */
export function awaitedContainer(stderr: string): string | undefined {
  return /container (\S+) (?:is unhealthy|exited \(|has no healthcheck)/i.exec(stderr)?.[1];
}

/** The service whose sidecar this container is. */
export function serviceOfSidecar(container: string): string | undefined {
  return /kdev-sidecar-(\S+?)[-_]\d+$/.exec(container)?.[1];
}

/** Why Compose failed: a cause that has a code of its own, else its own words. */
export function composeFailure({
  exitCode,
  stderr,
  environment,
  containerWords,
  isRemoved = false,
}: FailedCompose): KdevError {
  const words = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && readComposeStep(` ${line}`)?.phase === undefined);
  const said = words.slice(-6).join('\n').slice(-1500);
  const evidence = containerWords === undefined ? said : `${said}\n${containerWords}`;
  const inUse = /port is already allocated|address already in use|ports are not available/i;
  if (inUse.test(said)) return publishedPortInUse(said);
  const complaint = engineComplaint(said, environment);
  if (complaint) return complaint;
  const noPlace = mountWithoutPlace(said);
  if (noPlace) return noPlace;
  const service = serviceOfSidecar(awaitedContainer(said) ?? '');
  if (service !== undefined) return sidecarUnhealthy(service, evidence);
  return kdevError('COMPOSE_FAILED', {
    fact: `docker compose ended with exit code ${exitCode}`,
    evidence,
    hints: [whereToLook(said, isRemoved)],
  });
}

function whereToLook(said: string, isRemoved: boolean): Hint {
  if (/unknown (?:shorthand )?flag/.test(said)) {
    return { who: 'you', command: 'kdev compose COMMAND --help', text: 'lists its flags' };
  }
  if (/failed to solve|failed to build/i.test(said)) {
    return { who: 'you', command: 'kdev compose build', text: 'shows the build alone' };
  }
  return isRemoved
    ? { who: 'you', command: 'kdev compose config', text: 'prints the project that Compose got' }
    : { who: 'you', command: 'kdev compose ps -a', text: 'shows what every container came to' };
}

function publishedPortInUse(evidence: string): KdevError {
  const [, port] =
    /(?:for|listen \w+|exposing port \w+) (?:\[[\da-f:]*\]|[\d.]+):(\d{1,5})/i.exec(evidence) ?? [];
  return portInUse({ port: port === undefined ? undefined : Number(port), evidence });
}

/** A mount below another, read-only one, such as the pod's, at a path that is not in it. */
function mountWithoutPlace(evidence: string): KdevError | undefined {
  const pattern =
    /create mount destination for (\S+) mount: .*(?:read-only file system|not a directory)/i;
  const [, path] = pattern.exec(evidence) ?? [];
  if (path === undefined) return undefined;
  return kdevError('MOUNT_WITHOUT_PLACE', {
    fact: `Docker finds no place for what is to be mounted at ${path}`,
    evidence,
    hints: [
      {
        who: 'you',
        text: `where ${path} lies below a mount of the pod's: mount yours at the pod's path, or leave the pod's out with x-kdev.files.mounts: off`,
      },
    ],
  });
}

/** Its container may be gone by now, so the evidence has to say it all. */
function sidecarUnhealthy(service: string, evidence: string): KdevError {
  return kdevError('SIDECAR_UNHEALTHY', {
    fact: `the sidecar of ${service} does not become healthy`,
    evidence,
    hints: [
      {
        who: 'you',
        command: 'kdev compose up -d',
        text: 'try once more: a link may need a moment',
      },
      { who: 'kdev', text: 'if it happens again, report it with the words above' },
    ],
  });
}
