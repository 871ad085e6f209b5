import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { kdevError } from '../errors/kdev-error.ts';
import { diff } from '../screen/diff.ts';
import { askYes, canAsk } from './ask.ts';
import type { Story } from './story.ts';

/** A file as it is and as it is to be. */
export interface FileChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** Told in its place where nobody would read the difference. */
  readonly words?: string;
}

/** What changes, as `diff -u` shows it, with paths from the folder. */
export function changesText(changes: readonly FileChange[], folder: string): string {
  return changes
    .filter(({ words }) => words === undefined)
    .map(({ path, before, after }) => diff(relative(folder, path), before, after))
    .join('');
}

/** Whether the changes may be written: with `--yes`, or after a yes on the terminal. */
export async function mayWrite(
  { yes = false }: { readonly yes?: boolean },
  story: Pick<Story, 'say'>,
): Promise<boolean> {
  if (yes) return true;
  if (canAsk()) return await askYes('Write this?');
  story.say('Without a terminal nobody can be asked: --yes writes it.');
  return false;
}

export function writeChanges(changes: readonly FileChange[]): void {
  for (const { path, after } of changes) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, after);
    } catch (cause) {
      throw kdevError('PLACE_UNWRITABLE', {
        fact: `${path} cannot be written`,
        evidence: cause instanceof Error ? cause.message : String(cause),
        hints: [{ who: 'you', text: 'see whose it is', command: `ls -ld ${path}` }],
        cause,
      });
    }
  }
}
