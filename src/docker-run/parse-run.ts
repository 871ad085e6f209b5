import { dockerOptions, olderNames } from './options.ts';
import { type OptionShape, type Parsed, parseWords } from './parse-words.ts';

/** The words of a `docker run`, with more options beside Docker's own; older names count as those of today. */
export function parseRunWords(words: readonly string[], more: readonly OptionShape[] = []): Parsed {
  const older = Object.keys(olderNames).map((name): OptionShape => ({ name, takes: 'value' }));
  const options = [...more, ...dockerOptions, ...older];
  const parsed = parseWords(words, { command: 'run', options });
  const given = new Map<string, readonly string[]>();
  for (const [name, values] of parsed.given) {
    const now = olderNames[name] ?? name;
    given.set(now, [...(given.get(now) ?? []), ...values]);
  }
  return { ...parsed, given };
}
