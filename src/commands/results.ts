import { schemaVersion } from '../screen/schema-version.ts';
import { tableText } from '../screen/table.ts';
import { readTerminal, type Terminal } from '../screen/terminal.ts';

export type Format = 'table' | 'wide' | 'json' | 'yaml';
/** Of what words tell by themselves. */
export type WordsFormat = Format | 'text';

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

export interface Rows {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The same for programs. */
  readonly data: object;
}

/** A result that is a table to people. */
export async function printRows(format: Format, { headings, rows, data }: Rows): Promise<void> {
  if (format === 'json' || format === 'yaml') await printData(format, data);
  else process.stdout.write(`${tableText(headings, rows, resultTerminal())}\n`);
}

/** Where results go. */
export function resultTerminal(): Terminal {
  return readTerminal(process.stdout, process.env);
}
