/** What stands for a secret. */
export const mask = '********';

/** Shorter values are words of every log: they are masked where they stand as values only. */
const shortestSecret = 6;

export interface Redacted {
  readonly text: string;
  /** How many places were masked. */
  readonly places: number;
}

/**
 * Takes secrets out of texts: the known ones in every form in which a log may hold them, and whatever looks like one.
 * `isPublic` are values that say nothing, such as the names of services.
 */
export function redactor(
  secrets: Iterable<string>,
  isPublic: (value: string) => boolean = () => false,
): (text: string) => Redacted {
  const known = [...new Set([...secrets].filter((value) => !isPublic(value)).flatMap(formsOf))]
    .filter((form) => form.length >= shortestSecret)
    // The longest first: a part of it must not be taken out before it.
    .sort((one, other) => other.length - one.length);
  return (text) => {
    let places = 0;
    const count = () => {
      places += 1;
      return mask;
    };
    let left = text;
    for (const secret of known) left = left.replaceAll(secret, count);
    for (const { pattern, replacement } of patterns) {
      left = left.replace(pattern, (...found: string[]) => {
        if (found[0]?.includes(mask)) return found[0];
        count();
        return replacement.replace('$1', found[1] ?? '');
      });
    }
    return { text: left, places };
  };
}

/** As it is, as JSON and a URL write it, in base64, and each line of several. */
function formsOf(value: string): readonly string[] {
  const trimmed = value.trim();
  return [
    value,
    trimmed,
    JSON.stringify(value).slice(1, -1),
    // Within a JSON text that is a text of JSON again.
    JSON.stringify(JSON.stringify(value)).slice(3, -3),
    encodeURIComponent(trimmed),
    Buffer.from(value).toString('base64'),
    ...(trimmed.includes('\n') ? trimmed.split('\n').map((line) => line.trim()) : []),
  ];
}

/** Secrets that nobody told of, by how they look. */
const patterns: readonly { readonly pattern: RegExp; readonly replacement: string }[] = [
  {
    pattern: /-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)-----[\s\S]*?-----END [A-Z ]+-----/g,
    replacement: mask,
  },
  { pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, replacement: mask },
  { pattern: /\b((?:Bearer|Basic) +)[\w.~+/=-]{8,}/gi, replacement: `$1${mask}` },
  { pattern: /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/]*:)[^\s@/]+(?=@)/gi, replacement: `$1${mask}` },
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, replacement: mask },
  { pattern: /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abprs]-)[\w-]{10,}/g, replacement: mask },
  {
    pattern:
      /((?:password|passwd|secret|token|api[_-]?key|private[_-]?key|client-key-data|authorization)["']?\s*[:=]\s*["']?)[^\s"',;}]{4,}/gi,
    replacement: `$1${mask}`,
  },
];
