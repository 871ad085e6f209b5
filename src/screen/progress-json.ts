import { stripVTControlCharacters } from 'node:util';
import type { Progress, ProgressParts } from './progress.ts';
import { schemaVersion } from './schema-version.ts';
import { Steps } from './steps.ts';

/** For programs: one JSON object a line. Words are sentences, a line each, without the layout that a terminal gets. */
export function jsonProgress({ write, clock }: ProgressParts): Progress {
  const steps = new Steps();
  const line = (value: object) => write(`${JSON.stringify({ schemaVersion, ...value })}\n`);
  return {
    say(text, facts) {
      const plain = sentences(stripVTControlCharacters(text));
      if (facts) line(facts);
      else if (plain !== '') line({ kind: 'words', text: plain });
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

function sentences(text: string): string {
  const lines = text.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' '));
  return lines.filter((line) => line !== '').join('\n');
}
