import { type ComposeCommandLine, flagValues, hasFlag } from '../compose/command-line.ts';
import { type ComposeFiles, findComposeFiles } from '../compose/compose-files.ts';
import { mayHaveXKdev } from '../compose/x-kdev-in-files.ts';

/** Commands that need no project; without a command Compose tells what is wrong. */
const projectless = new Set(['', 'ls', 'version', 'help', 'completion']);

/** They find containers by what these carry, and make and change none: the rendered project would say no more. */
const looking = new Set(
  'ps logs exec top images events cp attach stats volumes wait export'.split(' '),
);

/** Of these commands a session is to know that was started when the files had x-kdev. */
const ofFormerSessions = new Set(['up', 'down']);

/**
 * The project's files, where a command line is not Docker Compose's alone. `readInput` gives what comes for `-f -`, where that
 * is one of them. Compose alone waits for nothing that kdev takes beside it.
 */
export async function filesForKdev(
  commandLine: ComposeCommandLine,
  readInput: () => Promise<Buffer>,
): Promise<ComposeFiles | undefined> {
  const { command = '', rest } = commandLine;
  if (asksForHelp(commandLine) || asksForVersion(commandLine) || projectless.has(command)) {
    return undefined;
  }
  const isOfParts = rest.some((word) => /^kdev-(net|sidecar)-/.test(word));
  if (looking.has(command) && !isOfParts) return undefined;
  const found = findComposeFiles(commandLine, {
    directory: process.cwd(),
    environment: process.env,
  });
  if (looking.has(command)) return found;
  const input = found.fromStandardInput ? String(await readInput()) : '';
  return (await mayBeIntercepted(commandLine, found, input)) ? found : undefined;
}

/** A project without files is known by its name alone: one that has a session is not for Compose alone. */
async function mayBeIntercepted(
  commandLine: ComposeCommandLine,
  found: ComposeFiles,
  input: string,
): Promise<boolean> {
  if (found.files.length > 0 || found.fromStandardInput) {
    return (await mayHaveXKdev(found, input)) || (await mayHaveHadXKdev(commandLine, found));
  }
  const name =
    flagValues(commandLine, '--project-name').at(-1) ?? process.env['COMPOSE_PROJECT_NAME'];
  if (name === undefined) return false;
  const { hasFolder } = await import('../session/had-session.ts');
  return hasFolder(name);
}

async function mayHaveHadXKdev(
  { command = '' }: ComposeCommandLine,
  { directory }: ComposeFiles,
): Promise<boolean> {
  if (!ofFormerSessions.has(command)) return false;
  const { hadSession } = await import('../session/had-session.ts');
  return hadSession(directory);
}

export function asksForHelp(commandLine: ComposeCommandLine): boolean {
  const { command, rest } = commandLine;
  if (hasFlag(commandLine, '--help') || hasFlag(commandLine, '-h')) return true;
  const isProgram = command === 'run' || command === 'exec';
  const program = rest.findIndex((word) => !word.startsWith('-'));
  const own = isProgram && program >= 0 ? rest.slice(0, program) : rest;
  return own.some((word) => word === '--help' || word === '-h');
}

function asksForVersion(commandLine: ComposeCommandLine): boolean {
  return hasFlag(commandLine, '--version') || hasFlag(commandLine, '-v');
}
