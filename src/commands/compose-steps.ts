import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { readComposeStep } from '../compose/compose-progress.ts';
import type { RunningCompose } from '../compose/run-compose.ts';
import type { HeldOutput } from './held-output.ts';
import type { Story } from './story.ts';

const keptLines = 40;

/** `orders-1  | …`: what a service prints. */
const ofService = /^\S+ +\| /;

/**
 * Tells Compose's progress as the story's own; what is no progress goes on as it is, and what a service prints to
 * `output`. Keeps Compose's last lines.
 */
export function followCompose(
  { stderr }: Pick<RunningCompose, 'stderr'>,
  story: Story,
  output?: HeldOutput,
): { readonly ended: Promise<void>; readonly lastLines: () => string } {
  const kept: string[] = [];
  if (!stderr) return { ended: Promise.resolve(), lastLines: () => '' };
  const lines = createInterface({ input: stderr, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on('line', (line) => {
    const text = stripVTControlCharacters(line);
    if (output && ofService.test(text)) {
      const shown = `${story.terminal.colour ? line : text}\n`;
      output.show(shown, () => process.stderr.write(shown));
      return;
    }
    kept.push(text);
    if (kept.length > keptLines) kept.shift();
    const step = readComposeStep(text);
    if (step) story.step(`${step.kind} ${step.name}`, step.state, step.phase);
    else if (text.trim() !== '') story.say(line);
  });
  const ended = new Promise<void>((resolve) => lines.once('close', resolve));
  return { ended, lastLines: () => kept.join('\n') };
}
