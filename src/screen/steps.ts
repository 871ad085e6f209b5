import type { Phase } from './progress.ts';

/** One resource's line of progress. */
export interface Step {
  readonly subject: string;
  state: string;
  phase: Phase;
  readonly sinceMs: number;
  /** When it was done or failed. */
  endedMs: number | undefined;
}

/** The resources of one block, in the order in which they were first heard of. */
export class Steps {
  readonly #steps = new Map<string, Step>();

  /** Tells the step as it is now, and whether that is news. */
  set(
    subject: string,
    { state, phase, nowMs }: { state: string; phase: Phase; nowMs: number },
  ): { step: Step; isNews: boolean } {
    const endedMs = phase === 'working' ? undefined : nowMs;
    const known = this.#steps.get(subject);
    if (known === undefined) {
      const step = { subject, state, phase, sinceMs: nowMs, endedMs };
      this.#steps.set(subject, step);
      return { step, isNews: true };
    }
    const isNews = known.state !== state || known.phase !== phase;
    known.state = state;
    known.phase = phase;
    if (isNews) known.endedMs = endedMs;
    return { step: known, isNews };
  }

  list(): readonly Step[] {
    return [...this.#steps.values()];
  }

  clear(): void {
    this.#steps.clear();
  }
}

/** `1.9s`, `12.0s`, `2m05s`. */
export function elapsedText(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
}

/** Waits are silent so long, and then they say what they wait for; later also what may be wrong. */
export const quietWaitMs = 2_000;
export const longWaitMs = 10_000;

export interface Advice {
  readonly why: string;
  /** A command. */
  readonly look: string;
}

/** What may be wrong with a wait that is long, and how to look; undefined where kdev has no idea. */
export function whatMayBeWrong({
  subject,
  state,
}: Pick<Step, 'subject' | 'state'>): Advice | undefined {
  const [what, container = ''] = subject.split(' ');
  if (/^containers?$/.test(what ?? '') && /^(stopping|killing|removing|restarting)/.test(state)) {
    return {
      why: 'the program has not ended yet; it is killed when its stop grace is over',
      look: container === '' ? 'docker ps' : `docker kill ${container}`,
    };
  }
  if (state.startsWith('building')) return undefined;
  const sidecar = /^container \S*kdev-sidecar-(\S+?)([-_]\d+)?$/.exec(subject)?.[1];
  if (sidecar !== undefined) {
    return {
      why: "the link or the pod's files are not there yet",
      look: `kdev logs ${sidecar} --sidecar`,
    };
  }
  switch (what) {
    case 'agent':
      return {
        why: 'the node may be pulling the image, or the pod may not fit',
        look: 'kubectl get pods -A -l app.kubernetes.io/managed-by=kdev',
      };
    case 'image':
      return { why: 'the image may be large, or the registry slow', look: 'docker images' };
    case 'container':
      return { why: 'the service may not become healthy', look: 'kdev compose logs' };
    default:
      return undefined;
  }
}
