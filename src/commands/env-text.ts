import type { ServiceVariable, ServiceVariables } from '../compose/list-variables.ts';
import { tableText } from '../screen/table.ts';
import type { Terminal } from '../screen/terminal.ts';
import { mask } from './redact.ts';

export interface Shown {
  /** Else every value is masked: nothing is guessed from names. */
  readonly isRevealed: boolean;
}

export function variablesTable(
  { variables, leftOut }: ServiceVariables,
  { isRevealed, isWide, terminal }: Shown & { isWide: boolean; terminal: Terminal },
): string {
  const rows = variables.map(({ name, value, from }) => [
    name,
    isRevealed ? oneLine(value) : mask,
    from,
  ]);
  const missing = isWide ? leftOut.map(({ name, why }) => [name, '-', `left out: ${why}`]) : [];
  return `${tableText(['name', 'value', 'from'], [...rows, ...missing], terminal)}\n`;
}

/** For programs; without `--reveal` there are no values. */
export function variablesData({ variables, leftOut }: ServiceVariables, { isRevealed }: Shown) {
  return {
    variables: variables.map(({ name, value, from }) => {
      return { name, ...(isRevealed ? { value } : {}), from };
    }),
    leftOut,
  };
}

/** A file as Compose's `env_file` reads it. What is masked is a comment, so that it sets nothing wrong. */
export function dotenvText({ variables }: ServiceVariables, shown: Shown): string {
  return linesOf(variables, shown, ({ name, value }) => {
    const quoted = dotenvValue(value);
    return quoted === undefined ? `# ${name}: no env file can hold its value` : `${name}=${quoted}`;
  });
}

/** Lines that a POSIX shell evaluates. */
export function shellText({ variables }: ServiceVariables, shown: Shown): string {
  return linesOf(variables, shown, ({ name, value }) =>
    /^[A-Za-z_]\w*$/.test(name)
      ? `export ${name}='${value.replaceAll("'", `'\\''`)}'`
      : `# ${name}: no name that a shell takes`,
  );
}

function linesOf(
  variables: readonly ServiceVariable[],
  { isRevealed }: Shown,
  write: (variable: ServiceVariable) => string,
): string {
  return variables
    .map((variable) => `${isRevealed ? write(variable) : `# ${variable.name}=${mask}`}\n`)
    .join('');
}

/**
 * Single quotes keep everything as it is, but cannot hold themselves, nor a backslash before the last one
 * (compose-go, dotenv/parser.go); double quotes know escapes.
 */
function dotenvValue(value: string): string | undefined {
  if (/^[\w.,:/@%+-]*$/.test(value)) return value;
  if (value.endsWith('\\') || /\\'/.test(value)) return undefined;
  if (!value.includes("'")) return `'${value}'`;
  const escaped = value.replaceAll(/[\\"$]/g, '\\$&').replaceAll('\n', '\\n');
  return /\\\\"|\r/.test(escaped) ? undefined : `"${escaped}"`;
}

/** As JSON writes it, where it would break the table. */
function oneLine(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u001f\u007f]/.test(value) ? JSON.stringify(value) : value;
}
