import type { Around } from '../command.ts';
import { type Completion, type Wanted, whatToComplete } from './what-to-complete.ts';

const usualDeadlineMs = 2_000;

/** `kdev __complete -- WORDS…`: what may stand in the place of the last word. Never slow, never an error. */
export async function complete(args: readonly string[], { loadSections }: Around): Promise<number> {
  const words = args[0] === '--' ? args.slice(1) : args;
  const deadlineMs = Number(process.env['KDEV_COMPLETION_MS']) || usualDeadlineMs;
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort();
    process.exit(0);
  }, deadlineMs);
  try {
    const found = await candidatesFor(whatToComplete(await loadSections(), words), stop.signal);
    process.stdout.write(completionText(found, words.at(-1) ?? ''));
  } catch {
    // A person who presses Tab wants no error.
  } finally {
    clearTimeout(timer);
  }
  return 0;
}

/** The candidates that begin with what was typed, a line each. */
export function completionText({ candidates, directive }: Completion, current: string): string {
  const fitting = candidates.filter(({ word }) => word.startsWith(current));
  const lines = fitting.map(({ word, about }) => (about ? `${word}\t${oneLine(about)}` : word));
  const all = directive === undefined ? lines : [...lines, `:${directive}`];
  return [...new Set(all)].map((line) => `${line}\n`).join('');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** What needs no question is answered without loading what asks. */
async function candidatesFor(wanted: Wanted, signal: AbortSignal): Promise<Completion> {
  switch (wanted.what) {
    case 'words':
      return { candidates: wanted.words };
    case 'names': {
      const { liveNames } = await import('./live-names.ts');
      return await liveNames(wanted, signal);
    }
    case 'docker': {
      const { dockerCompletion } = await import('./docker-completion.ts');
      return await dockerCompletion(wanted, signal);
    }
  }
}
