import { degrade } from './paint.ts';
import type { Progress, ProgressParts } from './progress.ts';
import { elapsedText, longWaitMs, quietWaitMs, type Step, Steps, whatMayBeWrong } from './steps.ts';
import { padText } from './text-width.ts';

/** Room for `container PROJECT-kdev-sidecar-SERVICE-1`: a line that is written cannot be aligned any more. */
const subjectColumns = 44;

/** For logs and pipes: a line when a resource is done, and one when a wait becomes long. Nothing is drawn over. */
export function plainProgress({ terminal, write, clock }: ProgressParts): Progress {
  const steps = new Steps();
  const told = new Map<Step, number>();
  let stopTicking: (() => void) | undefined;
  const line = (text: string) => write(`${degrade(terminal, text)}\n`);

  function tick(): void {
    for (const step of steps.list().filter(({ phase }) => phase === 'working')) {
      const waitedMs = clock.nowMs() - step.sinceMs;
      const words = waitWords(step, waitedMs, told.get(step) ?? 0);
      if (words === undefined) continue;
      line(words);
      told.set(step, waitedMs);
    }
  }

  return {
    say: line,
    step(subject, state, phase) {
      stopTicking ??= clock.every(250, tick);
      const { step, isNews } = steps.set(subject, { state, phase, nowMs: clock.nowMs() });
      if (!isNews || phase === 'working') return;
      told.delete(step);
      const glyph = phase === 'done' ? '✔' : '✘';
      line(stepLine(glyph, step, clock.nowMs() - step.sinceMs));
    },
    block(heading) {
      steps.clear();
      told.clear();
      line(heading);
    },
    end() {
      stopTicking?.();
      stopTicking = undefined;
    },
  };
}

function stepLine(glyph: string, { subject, state }: Step, elapsedMs: number): string {
  return ` ${glyph} ${padText(subject, subjectColumns)} ${padText(state, 10)} ${elapsedText(elapsedMs)}`;
}

/** What a wait is told by now, beyond what was told when it had lasted `toldMs`. */
function waitWords(step: Step, waitedMs: number, toldMs: number): string | undefined {
  const words = stepLine('…', step, waitedMs);
  if (waitedMs >= longWaitMs && toldMs < longWaitMs) {
    const advice = whatMayBeWrong(step);
    return advice === undefined ? words : `${words}\n   ${advice.why}: ${advice.look}`;
  }
  return waitedMs >= quietWaitMs && toldMs < quietWaitMs ? words : undefined;
}
