import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { readComposeStep } from '../compose/compose-progress.ts';
import type { RunningCompose } from '../compose/run-compose.ts';
import type { BuildFold } from './fold-build.ts';
import type { HeldOutput } from './held-output.ts';
import type { Story } from './story.ts';

const keptLines = 40;

/** `orders-1  | …`: what a service prints. */
const ofService = /^\S+ +\| /;

/**
 * Tells Compose's progress as the story's own, a build's lines by `fold`; what is no progress goes on as it is, and what a
 * service prints to `output`. Keeps Compose's last lines.
 */
export function followCompose(
  { stderr }: Pick<RunningCompose, 'stderr'>,
  story: Story,
  { output, fold }: { readonly output?: HeldOutput; readonly fold?: BuildFold | undefined } = {},
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
    tellLine({ line, text, story, fold });
  });
  const ended = new Promise<void>((resolve) => lines.once('close', resolve));
  return { ended, lastLines: () => kept.join('\n') };
}

interface Line {
  readonly line: string;
  /** Without colours. */
  readonly text: string;
  readonly story: Story;
  readonly fold: BuildFold | undefined;
}

function tellLine({ line, text, story, fold }: Line): void {
  const step = readComposeStep(text);
  if (step) {
    // A build that is folded is told already.
    const isTold = fold?.hasBegun && /^buil(ding|t)$/.test(step.state);
    if (!isTold) story.step(`${step.kind} ${step.name}`, step.state, step.phase);
  } else if (!fold?.take(text) && text.trim() !== '') {
    story.say(line);
  }
}
