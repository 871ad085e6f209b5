import type { KdevError } from '../errors/kdev-error.ts';
import { errorText } from '../screen/error-text.ts';
import { readTerminal } from '../screen/terminal.ts';

/** Prints an error as docs/errors.md explains it; returns the exit code. */
export function showFailure(error: KdevError, isDebug: boolean): number {
  const terminal = readTerminal(process.stderr, process.env);
  process.stderr.write(`${errorText(error, terminal)}\n`);
  if (isDebug) process.stderr.write(`\n${stackOf(error)}\n`);
  return error.exitCode;
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
