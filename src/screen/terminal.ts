/** What the place where we write can show. */
export interface Terminal {
  /** Whether lines may be drawn over: a terminal with a person before it. */
  readonly moves: boolean;
  readonly colour: boolean;
  /** Whether it shows more than ASCII. */
  readonly unicode: boolean;
  /** Columns for text; a narrower window breaks lines itself. What reads a pipe or a file gets whole lines: Infinity. */
  readonly columns: number;
  readonly rows: number;
}

export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export const narrowestColumns = 60;
export const usualColumns = 80;
const usualRows = 24;

/** `ansi`: Compose's flag of that name. */
export function readTerminal(
  stream: OutputStream,
  environment: Readonly<Record<string, string | undefined>>,
  ansi: 'auto' | 'always' | 'never' = 'auto',
): Terminal {
  const dumb = environment['TERM'] === 'dumb';
  const isTerminal = stream.isTTY === true && !dumb;
  const noColour = (environment['NO_COLOR'] ?? '') !== '' || ansi === 'never';
  return {
    moves: isTerminal && ansi !== 'never',
    colour: !noColour && (ansi === 'always' || isTerminal),
    unicode: speaksUnicode(environment),
    // A terminal that does not know its size says 0.
    columns:
      stream.isTTY === true
        ? Math.max(narrowestColumns, stream.columns || usualColumns)
        : Number.POSITIVE_INFINITY,
    rows: stream.rows || usualRows,
  };
}

/** The locale's character set, by the precedence of setlocale(3); without a locale modern systems mean UTF-8. */
function speaksUnicode(environment: Readonly<Record<string, string | undefined>>): boolean {
  if (environment['TERM'] === 'linux') return false;
  const locale = [environment['LC_ALL'], environment['LC_CTYPE'], environment['LANG']].find(
    Boolean,
  );
  if (locale === undefined || /utf-?8/i.test(locale)) return true;
  const namesAnotherSet = locale === 'C' || locale === 'POSIX' || locale.includes('.');
  return !namesAnotherSet;
}
