import { type ComposeCommandLine, namedServices } from '../compose/command-line.ts';
import { findComposeFiles } from '../compose/compose-files.ts';
import { fileHasXKdev, textHasXKdev } from '../compose/x-kdev-in-files.ts';
import { catalogue } from '../errors/catalogue.ts';
import { isKdevError, kdevError } from '../errors/kdev-error.ts';
import { runOnNames } from './names-only.ts';
import { passThrough } from './pass-through.ts';
import type { Story } from './story.ts';
import { interceptedServices, readWork, type Work } from './work.ts';

type Handler = (work: Work, story: Story) => Promise<number>;

/** Commands that kdev has a part in; every other one is Compose's own, on the rendered project. */
const handlers: Readonly<Record<string, () => Promise<Handler>>> = {
  up: async () => (await import('./up.ts')).up,
  down: async () => (await import('./down.ts')).down,
  stop: async () => (await import('./stop.ts')).stop,
  start: async () => (await import('./start.ts')).start,
  restart: async () => (await import('./restart.ts')).restart,
  run: async () => (await import('./run.ts')).run,
  watch: async () => (await import('./run.ts')).watch,
  config: async () => (await import('./config.ts')).config,
};

/** They would make containers without the cluster's part in them. */
const notBuilt = new Set(['create', 'scale']);
/** Without names they mean every service: the user's, not kdev's parts. */
const ofUsersServices = new Set(['logs', 'pull', 'build', 'push', 'kill', 'pause', 'unpause']);

export interface ComposeCommand {
  /** Runs kdev: the program and its first arguments. */
  readonly kdev: readonly string[];
  /** The first words are said. */
  readonly isOpened: boolean;
  readonly openOwnStory: () => Story;
  /** What came for `-f -`. */
  readonly input: Buffer | undefined;
}

/** A command of Compose on the project that it means. */
export async function runOnProjectOf(
  commandLine: ComposeCommandLine,
  { openOwnStory, ...rest }: ComposeCommand,
): Promise<number> {
  const { command = '' } = commandLine;
  const work = await readWork(commandLine, rest).catch((error: unknown) => {
    if (isComposesAlone(error, commandLine, rest.input)) return undefined;
    throw error;
  });
  if (work === undefined) return await passThrough(commandLine, rest.input);
  if (interceptedServices(work).length === 0) return await passThrough(commandLine, work.input);
  const load = Object.hasOwn(handlers, command) ? handlers[command] : undefined;
  if (load) {
    const story = openOwnStory();
    try {
      return await (await load())(work, story);
    } finally {
      story.end();
    }
  }
  if (notBuilt.has(command)) refuse(work);
  return await runOnNames(work, argumentsOf(work));
}

/** What Compose cannot read, and has no x-kdev as far as it can be read, Compose complains of itself. */
function isComposesAlone(
  error: unknown,
  commandLine: ComposeCommandLine,
  input: Buffer | undefined,
): boolean {
  const around = { directory: process.cwd(), environment: process.env };
  const { files, fromStandardInput } = findComposeFiles(commandLine, around);
  const isUnread = isKdevError(error) && error.code === catalogue.COMPOSE_FILE_INVALID.code;
  const hasFile = files.length > 0 || fromStandardInput;
  return isUnread && hasFile && !files.some(fileHasXKdev) && !textHasXKdev(String(input ?? ''));
}

/** Commands about all services leave kdev's parts out, and `port` asks the holder, which publishes. */
function argumentsOf(work: Work): readonly string[] {
  const { command = '', rest } = work.commandLine;
  const all = work.project.active;
  if (command === 'port') {
    const intercepted = new Set(interceptedServices(work));
    return rest.map((word) => (intercepted.has(word) ? `kdev-net-${word}` : word));
  }
  const known = [...all, ...interceptedServices(work).flatMap(partsOf)];
  if (!ofUsersServices.has(command) || namedServices(work.commandLine, known).length > 0)
    return rest;
  return [...rest, ...all];
}

function partsOf(service: string): string[] {
  return [`kdev-net-${service}`, `kdev-sidecar-${service}`];
}

function refuse(work: Work): void {
  const { commandLine } = work;
  const all = interceptedServices(work);
  const named = namedServices(commandLine, all);
  throw kdevError('SETTING_NOT_BUILT', {
    fact: `kdev cannot do compose ${commandLine.command} with ${(named.length > 0 ? named : all).join(', ')} yet`,
    hints: [
      { who: 'you', text: 'brings the service up in the cluster', command: 'kdev compose up -d' },
    ],
  });
}
