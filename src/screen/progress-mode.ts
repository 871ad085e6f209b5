import { kdevError } from '../errors/kdev-error.ts';
import { didYouMean } from '../errors/nearest-name.ts';

export const progressModes = ['auto', 'tty', 'plain', 'json', 'quiet'] as const;
export type ProgressMode = (typeof progressModes)[number];

/** `--progress`, as Compose has it. */
export function parseProgressMode(value: string | undefined, from = '--progress'): ProgressMode {
  const mode = progressModes.find((known) => known === (value ?? 'auto'));
  if (mode !== undefined) return mode;
  throw kdevError('COMMAND_LINE', {
    fact: `${from} is "${value}": expected one of ${progressModes.join(', ')}${didYouMean(value ?? '', progressModes)}`,
    hints: [{ who: 'you', text: `leave ${from} out: the terminal decides` }],
  });
}
