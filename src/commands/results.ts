import { readTerminal, type Terminal } from '../screen/terminal.ts';
import type { OptionForm } from './command-form.ts';

/** Of the JSON and YAML forms of all commands: raised when a field changes its meaning or goes. */
export const schemaVersion = 1;

export type Format = 'table' | 'wide' | 'json' | 'yaml';

export const formatOption = {
  flags: '-o, --output <format>',
  help: 'how it is printed',
  choices: ['table', 'wide', 'json', 'yaml'],
  fallback: 'table',
} as const satisfies OptionForm;

/** For programs: JSON or YAML, with the version of its schema. JSON on one line is for a row of them. */
export async function dataText(
  format: 'json' | 'yaml',
  data: object,
  { isOneLine }: { readonly isOneLine: boolean } = { isOneLine: false },
): Promise<string> {
  const value = { schemaVersion, ...data };
  if (format === 'yaml') return (await import('yaml')).stringify(value);
  return `${JSON.stringify(value, undefined, isOneLine ? 0 : 2)}\n`;
}

export async function printData(format: 'json' | 'yaml', data: object): Promise<void> {
  process.stdout.write(await dataText(format, data));
}

/** Where results go. What reads a pipe gets whole lines. */
export function resultTerminal(format: Format = 'table'): Terminal {
  const terminal = readTerminal(process.stdout, process.env);
  const isWhole = format === 'wide' || !process.stdout.isTTY;
  return isWhole ? { ...terminal, columns: Number.POSITIVE_INFINITY } : terminal;
}
