import { dockerAsker } from '../compose/ask-docker.ts';
import { kdevError } from '../errors/kdev-error.ts';
import type { Work } from './work.ts';

/** What is asked for most, and known to every Compose. Flags with a value are not among them: it may be none. */
const knownFlags = new Set(
  '-d --detach --build --force-recreate --no-deps --no-start --remove-orphans --volumes --wait -v'.split(
    ' ',
  ),
);

/**
 * Compose's own flags are Compose's to judge, whichever version it is; before anything is made or taken away. Asked for help
 * it reads them all, and does nothing.
 */
export async function refuseUnknownFlags({
  commandLine: { command = '', rest },
  directory,
  environment,
}: Pick<Work, 'commandLine' | 'directory' | 'environment'>): Promise<void> {
  if (rest.every((word) => !word.startsWith('-') || knownFlags.has(word))) return;
  const askDocker = dockerAsker(directory, environment);
  const { exitCode, stderr } = await askDocker(['compose', command, '--help', ...rest]);
  if (exitCode === 0) return;
  const [why = `exit code ${exitCode}`, ...more] = stderr.trim().split('\n');
  throw kdevError('COMMAND_LINE', {
    fact: `Compose does not understand the words behind ${command}: ${why}`,
    ...(more.length > 0 && { evidence: more.join('\n') }),
    hints: [{ who: 'you', text: 'lists what it knows', command: `kdev compose ${command} --help` }],
  });
}
