import { type Colour, degrade, paint, spinner } from './paint.ts';
import type { Phase, Progress, ProgressParts } from './progress.ts';
import { elapsedText, longWaitMs, quietWaitMs, type Step, Steps, whatMayBeWrong } from './steps.ts';
import type { Terminal } from './terminal.ts';
import { cutText, padText, textWidth } from './text-width.ts';

const frameMs = 100;
const colours: Readonly<Record<Phase, Colour>> = { working: 'blue', done: 'green', failed: 'red' };

/**
 * In the manner of Compose: `[+] Running 3/3`, and below a line a resource, drawn over until all are done. A block in
 * which nothing moves is left alone until its next step: meanwhile the services' own output may stand below it.
 */
export function ttyProgress({ terminal, write, clock }: ProgressParts): Progress {
  const steps = new Steps();
  let heading = 'Running';
  let drawn = 0;
  let frame: number | undefined = 0;
  let stopTicking: (() => void) | undefined;

  const moves = () => steps.list().some(({ phase }) => phase === 'working');

  function draw(above = ''): void {
    const lines = blockLines(heading, steps.list(), { terminal, frame, nowMs: clock.nowMs() });
    // One write a frame, and no hidden cursor: whatever ends the program, the terminal is left in order.
    write(`${erase(drawn)}${above}${lines.map((line) => `${degrade(terminal, line)}\n`).join('')}`);
    drawn = lines.length;
  }

  function tick(): void {
    if (!moves()) return;
    frame = (frame ?? 0) + 1;
    draw();
  }

  function leave(): void {
    frame = undefined;
    if (moves()) draw();
    stopTicking?.();
    stopTicking = undefined;
    drawn = 0;
    steps.clear();
  }

  return {
    say(text) {
      if (moves()) return draw(`${degrade(terminal, text)}\n`);
      leave();
      write(`${degrade(terminal, text)}\n`);
    },
    step(subject, state, phase) {
      steps.set(subject, { state, phase, nowMs: clock.nowMs() });
      stopTicking ??= clock.every(frameMs, tick);
      frame ??= 0;
      draw();
    },
    block(text) {
      leave();
      heading = text;
    },
    end: leave,
  };
}

/** The first line by itself: erased at once, a board at the top of the screen would go into the scrollback of tmux. */
function erase(lines: number): string {
  if (lines === 0) return '';
  const below = lines === 1 ? '' : `\u001b[${lines - 1}A\u001b[J`;
  // What was typed, such as ^C, may stand before the cursor.
  return `\r${below}\u001b[1A\u001b[2K`;
}

interface Frame {
  readonly terminal: Terminal;
  /** undefined: nothing moves any more. */
  readonly frame: number | undefined;
  readonly nowMs: number;
}

function blockLines(heading: string, steps: readonly Step[], at: Frame): string[] {
  if (steps.length === 0) return [];
  const done = steps.filter(({ phase }) => phase === 'done').length;
  const rows = at.terminal.rows - 3;
  const shown = fitting(steps, rows);
  const subjectColumns = Math.max(...shown.map(({ subject }) => textWidth(subject)));
  const lines = shown.map((step) => [stepLine(step, subjectColumns, at)]);
  const advised = lines.map((line, index) => [...line, ...adviceLines(shown[index], at)]);
  const fits = advised.flat().length <= rows;
  return [`[+] ${heading} ${done}/${steps.length}`, ...(fits ? advised : lines).flat()];
}

/** A block that is higher than the window could not be drawn over: what is done longest makes room. */
function fitting(steps: readonly Step[], rows: number): readonly Step[] {
  const surplus = Math.max(0, steps.length - Math.max(1, rows));
  const first = steps.filter(({ phase }) => phase === 'done').slice(0, surplus);
  return steps.filter((step) => !first.includes(step)).slice(-Math.max(1, rows));
}

function stepLine(step: Step, subjectColumns: number, { terminal, frame, nowMs }: Frame): string {
  const { phase, sinceMs, endedMs } = step;
  const elapsedMs = (endedMs ?? nowMs) - sinceMs;
  const elapsed = elapsedText(elapsedMs);
  const working = frame === undefined ? '…' : spinner(terminal, frame);
  const glyph = { working, done: '✔', failed: '✘' }[phase];
  const room = terminal.columns - 6 - elapsed.length;
  const nameColumns = Math.min(subjectColumns, Math.floor(room * 0.6));
  const subject = padText(cutText(step.subject, nameColumns), nameColumns);
  const state = padText(cutText(step.state, room - nameColumns), 10);
  const isWaiting = phase === 'working' && elapsedMs >= quietWaitMs;
  const colour = isWaiting ? 'yellow' : colours[phase];
  return ` ${paint(terminal, colours[phase], glyph)} ${subject} ${paint(terminal, colour, state)} ${paint(terminal, 'dim', elapsed)}`;
}

function adviceLines(step: Step | undefined, { terminal, nowMs }: Frame): string[] {
  if (step?.phase !== 'working' || nowMs - step.sinceMs < longWaitMs) return [];
  const advice = whatMayBeWrong(step);
  if (advice === undefined) return [];
  return [`${advice.why}:`, advice.look].map(
    (line) => `   ${paint(terminal, 'dim', cutText(line, terminal.columns - 4))}`,
  );
}
