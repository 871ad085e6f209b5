/** One step of one resource, as `docker compose --progress plain` tells it on its stderr. */
export interface ComposeStep {
  readonly kind: 'network' | 'volume' | 'container' | 'image';
  readonly name: string;
  /** Where it fails all that is said of it, else in lower case: creating, created, recreate, starting, started, waiting, healthy, stopping, removed, error … */
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
  const [, name, state] =
    /^ (?:(?:Image|Service) )?(\S+) {1,2}(Pulling|Pulled|Building|Built|Skipped)\b/.exec(line) ??
    [];
  if (name === undefined || state === undefined || /^[0-9a-f]{12}$/.test(name)) return undefined;
  return asStep('image', name, state);
}

function asStep(kind: ComposeStep['kind'], name: string, words: string): ComposeStep {
  const state = words.split(' ', 1)[0] ?? '';
  const phase = done.test(state) ? 'done' : working.test(state) ? 'working' : 'failed';
  // What failed is told in all of its words.
  return { kind, name, state: phase === 'failed' ? lowerFirst(words) : state.toLowerCase(), phase };
}

function lowerFirst(text: string): string {
  return `${text.slice(0, 1).toLowerCase()}${text.slice(1)}`;
}
