import { stripVTControlCharacters } from 'node:util';
import type { Progress, ProgressParts } from './progress.ts';
import { Steps } from './steps.ts';

/** For programs: one JSON object a line. `schema` is raised when a key changes its meaning. */
export function jsonProgress({ write, clock }: ProgressParts): Progress {
  const steps = new Steps();
  const line = (value: object) => write(`${JSON.stringify({ schema: 1, ...value })}\n`);
  return {
    say(text) {
      const plain = stripVTControlCharacters(text).trim();
      if (plain !== '') line({ kind: 'words', text: plain });
    },
    step(subject, state, phase) {
      const { step, isNews } = steps.set(subject, { state, phase, nowMs: clock.nowMs() });
      if (!isNews) return;
      const elapsedMs = Math.round(clock.nowMs() - step.sinceMs);
      line({ kind: 'step', subject, state, phase, elapsedMs });
    },
    block(heading) {
      steps.clear();
      line({ kind: 'block', heading });
    },
    end() {},
  };
}
