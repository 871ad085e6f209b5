import { isDrawn, openProgress, systemClock } from '../screen/open-progress.ts';
import type { Progress } from '../screen/progress.ts';
import { type ProgressMode, parseProgressMode } from '../screen/progress-mode.ts';
import { readTerminal, type Terminal, usualColumns } from '../screen/terminal.ts';
import { hangText } from '../screen/text-width.ts';
import type { SessionEvent } from '../session/control.ts';
import type { GlobalOptions } from './global-options.ts';

/** What a person reads on stderr while a command works, and what their terminal can show. */
export interface Story extends Progress {
  readonly terminal: Terminal;
  /** Its progress is a board that is drawn over. */
  readonly isDrawn: boolean;
}

/** `progress` and `ansi` are the values of Compose's flags, `progress` of kdev's own too. */
export function openStory({
  progress,
  ansi,
}: {
  readonly progress?: string;
  readonly ansi?: string;
} = {}): Story {
  const mode = parseProgressMode(progress);
  const terminal = terminalOf(mode, readTerminal(process.stderr, process.env, asAnsi(ansi)));
  const write = (text: string) => void process.stderr.write(text);
  const parts = { terminal, write, clock: systemClock };
  return { ...openProgress(mode, parts), terminal, isDrawn: isDrawn(mode, terminal) };
}

/** A program gets words that nobody has laid out; a board that is drawn needs a width. */
function terminalOf(mode: ProgressMode, terminal: Terminal): Terminal {
  if (mode === 'json') return { ...terminal, columns: Number.POSITIVE_INFINITY, colour: false };
  const isWide = mode === 'tty' && !Number.isFinite(terminal.columns);
  return isWide ? { ...terminal, columns: usualColumns } : terminal;
}

/** A story as long as the work takes. */
export async function withStory<T>(
  around: Pick<GlobalOptions, 'progress'>,
  tell: (story: Story) => Promise<T>,
): Promise<T> {
  const story = openStory(around);
  try {
    return await tell(story);
  } finally {
    story.end();
  }
}

/** Words that are wrapped at the terminal's width. */
export function sayWrapped(story: Pick<Story, 'say' | 'terminal'>, text: string): void {
  const { columns } = story.terminal;
  const lines = text.split('\n');
  story.say(lines.map((line) => hangText(line, columns)).join('\n'));
}

export function tellSteps(story: Pick<Story, 'step'>): (event: SessionEvent) => void {
  return (event) => {
    if (event.kind === 'step') story.step(event.subject, event.words, event.state);
  };
}

export function asAnsi(value: string | undefined): 'auto' | 'always' | 'never' {
  return value === 'always' || value === 'never' ? value : 'auto';
}
