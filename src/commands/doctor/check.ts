import { asKdevError, type Hint, type KdevError } from '../../errors/kdev-error.ts';

export type Area = 'machine' | 'cluster' | 'project';

/** What was looked at, and how it is. */
export interface Check {
  readonly area: Area;
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly words: string;
  /** What to do about it. */
  readonly hints: readonly Hint[];
  /** Of one that failed. */
  readonly error?: KdevError;
}

/** Words where all is well; a warning and why it could not be looked at say so. */
export type Finding =
  | string
  | { readonly warning: string; readonly hints: readonly Hint[] }
  | { readonly skipped: string };

/** Whatever is thrown is the failure that a command would meet, with its own hints. */
export async function check(
  area: Area,
  name: string,
  look: () => Promise<Finding> | Finding,
): Promise<Check> {
  try {
    const found = await look();
    if (typeof found === 'string') return { area, name, state: 'ok', words: found, hints: [] };
    if ('skipped' in found) {
      return { area, name, state: 'skipped', words: found.skipped, hints: [] };
    }
    return { area, name, state: 'warning', words: found.warning, hints: found.hints };
  } catch (thrown) {
    const error = asKdevError(thrown);
    return { area, name, state: 'failed', words: error.fact, hints: error.hints, error };
  }
}
