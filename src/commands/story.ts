/** What a person reads while a command works, on stderr. */
export interface Story {
  say(text: string): void;
  /** One line of progress a resource: its last state, and the time since it was first heard of. */
  step(name: string, state: string, phase: 'working' | 'done' | 'failed'): void;
}

interface Line {
  readonly since: number;
  readonly state: string;
  readonly timer: NodeJS.Timeout;
}

/** Silence that long deserves words. */
const silenceMs = 2_000;

/** A line when something is done, and one for each wait that gets long. */
export function plainStory(write: (text: string) => void): Story {
  const open = new Map<string, Line>();
  const finished = new Map<string, string>();
  return {
    say: (text) => write(`${text}\n`),
    step: (name, state, phase) => {
      const line = open.get(name);
      const since = line?.since ?? performance.now();
      clearTimeout(line?.timer);
      if (phase === 'working') {
        const timer = setTimeout(() => write(` … ${name}  ${state}\n`), silenceMs);
        timer.unref();
        open.set(name, { since, state, timer });
        finished.delete(name);
        return;
      }
      open.delete(name);
      if (finished.get(name) === state) return;
      finished.set(name, state);
      const seconds = ((performance.now() - since) / 1_000).toFixed(1);
      write(
        ` ${phase === 'done' ? '✔' : '✘'} ${name.padEnd(32)} ${state.padEnd(10)} ${seconds}s\n`,
      );
    },
  };
}
