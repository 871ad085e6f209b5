import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Candidate, Completion, Wanted } from './what-to-complete.ts';

/** Docker completes its own words; kdev's flags come beside them. */
export async function dockerCompletion(
  { command, form, words }: Extract<Wanted, { readonly what: 'docker' }>,
  signal: AbortSignal,
): Promise<Completion> {
  const asked = ['__complete', command, ...words];
  const { stdout } = await promisify(execFile)('docker', asked, { signal });
  const { candidates, ...rest } = parseCobra(stdout);
  if (!words.at(-1)?.startsWith('-')) return { candidates, ...rest };
  const own = form.options
    .filter(({ isHidden }) => !isHidden)
    .map(({ flags, help }) => ({ word: /--[\w-]+/.exec(flags)?.[0] ?? '', about: help }));
  return { candidates: [...own, ...candidates], ...rest };
}

/** What cobra's ShellCompDirective says, as bits (spf13/cobra, completions.go). */
const bits = { error: 1, noSpace: 2, noFiles: 4, fileExtensions: 8, folders: 16 } as const;

/** `word<TAB>description` lines, and `:bits` at the end. */
export function parseCobra(text: string): Completion {
  const lines = text.trimEnd().split('\n');
  const flags = Number(/^:(\d+)$/.exec(lines.at(-1) ?? '')?.[1] ?? bits.error);
  if (flags & bits.error) return { candidates: [] };
  if (flags & bits.fileExtensions) return { candidates: [], directive: 'files' };
  if (flags & bits.folders) return { candidates: [], directive: 'folders' };
  const candidates = lines.slice(0, -1).map((line): Candidate => {
    const [word = '', about] = line.split('\t');
    return about ? { word, about } : { word };
  });
  if (flags & bits.noSpace) return { candidates, directive: 'nospace' };
  const mayBeFile = candidates.length === 0 && !(flags & bits.noFiles);
  return mayBeFile ? { candidates, directive: 'files' } : { candidates };
}
