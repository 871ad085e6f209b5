import { createInterface } from 'node:readline';
import { readComposeStep } from '../compose/compose-progress.ts';
import type { RunningCompose } from '../compose/run-compose.ts';
import type { Story } from './story.ts';

const keptLines = 40;

/** Tells Compose's progress as the story's own; what is no progress goes on as it is. Keeps the last lines. */
export function followCompose(
  { stderr }: RunningCompose,
  story: Story,
): { readonly ended: Promise<void>; readonly lastLines: () => string } {
  const kept: string[] = [];
  if (!stderr) return { ended: Promise.resolve(), lastLines: () => '' };
  const lines = createInterface({ input: stderr, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => {
    kept.push(line);
    if (kept.length > keptLines) kept.shift();
    const step = readComposeStep(line);
    if (step) story.step(`${step.kind} ${step.name}`, step.state, step.phase);
    else if (line.trim() !== '') story.say(line);
  });
  const ended = new Promise<void>((resolve) => lines.once('close', resolve));
  return { ended, lastLines: () => kept.join('\n') };
}
