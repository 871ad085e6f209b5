import { type KdevError, kdevError } from '../errors/kdev-error.ts';
import { portInUse } from '../errors/port-in-use.ts';

/** One step of one resource, as `docker compose --progress plain` tells it on its stderr. */
export interface ComposeStep {
  readonly kind: 'network' | 'volume' | 'container' | 'image';
  readonly name: string;
  /** Lower case: creating, created, recreate, starting, started, waiting, healthy, stopping, removed, error … */
  readonly state: string;
  readonly phase: 'working' | 'done' | 'failed';
}

const working =
  /^(Creating|Recreate|Starting|Restarting|Waiting|Stopping|Killing|Removing|Pulling|Building)$/;
const done =
  /^(Created|Recreated|Running|Started|Restarted|Healthy|Exited|Stopped|Killed|Removed|Pulled|Built|Exists|Skipped)$/;

/** undefined: the line is no step, but a log line, a build's output or a complaint. */
export function readComposeStep(line: string): ComposeStep | undefined {
  const step = /^ ?(Network|Volume|Container) (?:"([^"]+)"|(\S+)) {2}(\S.*)$/.exec(line.trimEnd());
  if (step !== null) {
    const [, kind = '', quoted, plain, state = ''] = step;
    const resource = kind.toLowerCase() as 'network' | 'volume' | 'container';
    return asStep(resource, quoted ?? plain ?? '', state);
  }
  const [, name, state] = /^ (\S+) (Pulling|Pulled|Building|Built|Skipped)\b/.exec(line) ?? [];
  if (name === undefined || state === undefined || /^[0-9a-f]{12}$/.test(name)) return undefined;
  return asStep('image', name, state);
}

function asStep(kind: ComposeStep['kind'], name: string, words: string): ComposeStep {
  const state = words.split(' ', 1)[0] ?? '';
  const phase = done.test(state) ? 'done' : working.test(state) ? 'working' : 'failed';
  return { kind, name, state: state.toLowerCase(), phase };
}

/** Why Compose failed, from the end of what it said: a cause that has a code of its own, else its own words. */
export function composeFailure(exitCode: number, stderr: string): KdevError {
  const words = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && readComposeStep(` ${line}`)?.phase === undefined);
  const evidence = words.slice(-6).join('\n').slice(-1500);
  const known = causes.find(({ pattern }) => pattern.test(evidence));
  if (known !== undefined) return known.error(evidence);
  return kdevError('COMPOSE_FAILED', {
    fact: `docker compose ended with exit code ${exitCode}`,
    evidence,
    hints: [
      { who: 'you', command: 'kdev compose ps -a', text: 'shows what every container came to' },
    ],
  });
}

const causes: readonly { pattern: RegExp; error: (evidence: string) => KdevError }[] = [
  {
    pattern: /port is already allocated|address already in use|ports are not available/i,
    error: publishedPortInUse,
  },
  {
    pattern: /cannot connect to the docker daemon|is the docker daemon running/i,
    error: notRunning,
  },
  { pattern: /permission denied while trying to connect to the docker/i, error: forbidden },
  { pattern: /dependency failed to start: container \S*kdev-sidecar-/i, error: sidecarUnhealthy },
];

function publishedPortInUse(evidence: string): KdevError {
  const [, port] =
    /(?:for|listen \w+|exposing port \w+) (?:\[[\da-f:]*\]|[\d.]+):(\d{1,5})/i.exec(evidence) ?? [];
  return portInUse({ port: port === undefined ? undefined : Number(port), evidence });
}

function notRunning(evidence: string): KdevError {
  return kdevError('DOCKER_NOT_RUNNING', {
    fact: 'the Docker engine does not answer',
    evidence,
    hints: [{ who: 'you', command: 'docker version', text: 'fails the same way; start Docker' }],
  });
}

function forbidden(evidence: string): KdevError {
  return kdevError('DOCKER_FORBIDDEN', {
    fact: 'you may not use the Docker engine',
    evidence,
    hints: [{ who: 'you', command: 'sudo usermod -aG docker $USER', text: 'then log in again' }],
  });
}

function sidecarUnhealthy(evidence: string): KdevError {
  const [, service = ''] = /kdev-sidecar-(\S+?)-\d+\b/.exec(evidence) ?? [];
  return kdevError('SIDECAR_UNHEALTHY', {
    fact: `the sidecar of ${service} does not become healthy`,
    evidence,
    hints: [
      { who: 'you', command: `kdev compose logs kdev-sidecar-${service}`, text: 'tells why' },
    ],
  });
}
