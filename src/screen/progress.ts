import type { Terminal } from './terminal.ts';

export type Phase = 'working' | 'done' | 'failed';

/** The same as words, field by field. */
export type Facts = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** What a person reads while a command works, on stderr: words, and one line of progress a resource. */
export interface Progress {
  /** A line, or several, above the progress; for programs `facts` instead, where there are any. */
  say(text: string, facts?: Facts): void;
  /** The state of a resource, e.g. `agent orders`, `pulling image, 34 MB of 61`. Its clock runs from its first step. */
  step(subject: string, state: string, phase: Phase): void;
  /** The steps that follow stand under a heading of their own: `Stopping`. */
  block(heading: string): void;
  /** Nothing moves any more; further words may follow. */
  end(): void;
}

export interface ProgressParts {
  readonly terminal: Terminal;
  readonly write: (text: string) => void;
  readonly clock: Clock;
}

export interface Clock {
  nowMs(): number;
  /** Calls again and again until the returned function is called; keeps no process alive. */
  every(intervalMs: number, tick: () => void): () => void;
}
