import { type KdevError, kdevError } from '../errors/kdev-error.ts';

/** The command line is not what `docker run` takes. */
export function misused(fact: string, command = 'run'): KdevError {
  return kdevError('COMMAND_LINE', {
    fact: `kdev ${command}: ${fact}`,
    hints: [
      { who: 'you', text: "lists kdev's options", command: `kdev ${command} --help` },
      { who: 'you', text: "lists Docker's own", command: `docker ${command} --help` },
    ],
  });
}
