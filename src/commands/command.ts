import type { CommandForm } from './command-form.ts';
import type { GlobalOptions } from './global-options.ts';

/** What a command gets beside its own words. */
export interface Around extends GlobalOptions {
  /** Runs kdev again, for its other processes: the program and its first arguments. */
  readonly kdev: readonly string[];
  /** Every command, for those that are about commands. */
  readonly loadSections: () => Promise<Sections>;
}

/** Runs a command; resolves to the exit code. */
export type Command = (args: readonly string[], around: Around) => Promise<number>;

export interface TableEntry {
  readonly form: CommandForm;
  /** A command is loaded when it is asked for: the first byte of output does not wait for what others need. */
  readonly load: () => Promise<Command>;
  /** What stands behind it is another program's: kdev's global options come before it. */
  readonly handsWordsOn?: boolean;
}

export type Sections = readonly (readonly TableEntry[])[];
