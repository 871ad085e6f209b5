import type { Clock, Progress, ProgressParts } from './progress.ts';
import { jsonProgress } from './progress-json.ts';
import type { ProgressMode } from './progress-mode.ts';
import { plainProgress } from './progress-plain.ts';
import { ttyProgress } from './progress-tty.ts';
import type { Terminal } from './terminal.ts';

/** Whether the progress is a board that is drawn over. */
export function isDrawn(mode: ProgressMode, { moves }: Pick<Terminal, 'moves'>): boolean {
  return mode === 'tty' || (mode === 'auto' && moves);
}

export function openProgress(mode: ProgressMode, parts: ProgressParts): Progress {
  switch (mode) {
    case 'auto':
    case 'tty':
      return isDrawn(mode, parts.terminal) ? ttyProgress(parts) : plainProgress(parts);
    case 'plain':
      return plainProgress(parts);
    case 'json':
      return jsonProgress(parts);
    case 'quiet':
      return { say: nothing, step: nothing, block: nothing, end: nothing };
  }
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
