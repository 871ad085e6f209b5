import { parseCommandLine } from '../../src/compose/command-line.ts';
import { outsideSettings } from '../../src/config/flags.ts';
import { commandsOf } from './command-lines.ts';

/** A command of Docker Compose as a page uses it through kdev, and the flags that Compose is to know. */
export interface ComposeUse {
  /** Empty for the flags before the command. */
  readonly command: string;
  readonly flags: readonly string[];
}

/** What a line asks of Compose. */
export function composeUses(line: string): readonly ComposeUse[] {
  const names = outsideSettings.map(({ flag }) => flag);
  return commandsOf(line)
    .filter(([program, first]) => program === 'kdev' && first === 'compose')
    .flatMap(([, , ...words]) => {
      const { command = '', globalFlags, rest } = parseCommandLine(words, names);
      const service = rest.findIndex((word) => !word.startsWith('-'));
      const isProgram = ['run', 'exec'].includes(command) && service >= 0;
      const own = isProgram ? rest.slice(0, service) : rest;
      return [
        { command: '', flags: globalFlags.map(({ name }) => name) },
        { command, flags: own.filter(isFlag).map((word) => word.split('=', 1)[0] ?? '') },
      ];
    });
}

const isFlag = (word: string) => /^--?[a-z]/.test(word);

/** The flags of a use that Compose's help does not have. */
export function unknownFlags({ flags }: ComposeUse, help: string): readonly string[] {
  const known = new Set(help.match(/(?<=^|[\s,])--?[a-z][a-z-]*/gm));
  return flags.filter((flag) => !known.has(flag));
}
