import { kdevError } from '../errors/kdev-error.ts';
import type { Clock, Progress, ProgressParts } from './progress.ts';
import { jsonProgress } from './progress-json.ts';
import { plainProgress } from './progress-plain.ts';
import { ttyProgress } from './progress-tty.ts';

export const progressModes = ['auto', 'tty', 'plain', 'json', 'quiet'] as const;
export type ProgressMode = (typeof progressModes)[number];

export function openProgress(mode: ProgressMode, parts: ProgressParts): Progress {
  switch (mode) {
    case 'auto':
      return parts.terminal.moves ? ttyProgress(parts) : plainProgress(parts);
    case 'tty':
      return ttyProgress(parts);
    case 'plain':
      return plainProgress(parts);
    case 'json':
      return jsonProgress(parts);
    case 'quiet':
      return { say: nothing, step: nothing, block: nothing, end: nothing };
  }
}

/** `--progress`, as Compose has it. */
export function parseProgressMode(value: string | undefined): ProgressMode {
  const mode = progressModes.find((known) => known === (value ?? 'auto'));
  if (mode !== undefined) return mode;
  throw kdevError('COMMAND_LINE', {
    fact: `--progress is "${value}": expected one of ${progressModes.join(', ')}`,
    hints: [{ who: 'you', text: 'leave --progress out: the terminal decides' }],
  });
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  every(intervalMs, tick) {
    const timer = setInterval(tick, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

function nothing(): void {}
