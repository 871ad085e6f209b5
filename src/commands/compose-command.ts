import { existsSync } from 'node:fs';
import { type ComposeCommandLine, isDryRun, namedServices } from '../compose/command-line.ts';
import type { ComposeFiles } from '../compose/compose-files.ts';
import { mapAt } from '../compose/model.ts';
import { unknownServices } from '../compose/unknown-services.ts';
import { fileHasXKdev, isNearXKdev, textHasXKdev } from '../compose/x-kdev-in-files.ts';
import { catalogue } from '../errors/catalogue.ts';
import { isKdevError } from '../errors/kdev-error.ts';
import { folderOf } from '../session/join-session.ts';
import { runOnNames } from './names-only.ts';
import { refuseUnknownService } from './open-project.ts';
import { passThrough } from './pass-through.ts';
import { refuseUnknownFlags } from './refuse-unknown-flags.ts';
import { runByName } from './run-by-name.ts';
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
  create: async () => (await import('./run.ts')).create,
  scale: async () => (await import('./scale.ts')).scale,
};

/** The project may have had x-kdev, and a session of it may run. */
const ofFormer: typeof handlers = {
  up: async () => async (work, story) => {
    const { leaveFormer, tidyFormer } = await import('./leave-former.ts');
    await leaveFormer(work, story);
    story.end();
    const exitCode = await passThrough(work.commandLine, work.input);
    await tidyFormer(work);
    return exitCode;
  },
  down: async () => (await import('./down.ts')).down,
};

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
  readonly found: ComposeFiles;
}

/** A command of Compose on the project that it means. */
export async function runOnProjectOf(
  commandLine: ComposeCommandLine,
  { openOwnStory, found, ...rest }: ComposeCommand,
): Promise<number> {
  const { command = '' } = commandLine;
  const hasFile = found.files.length > 0 || found.fromStandardInput;
  if (!hasFile) return await runByName(commandLine, openOwnStory);
  const work = await readWork(commandLine, rest).catch((error: unknown) => {
    if (isForComposeToTell(error, found, rest.input)) return undefined;
    throw error;
  });
  if (work === undefined) return await passThrough(commandLine, rest.input);
  const had = existsSync(folderOf(work.project.name).path) ? ofFormer : {};
  const of = interceptedServices(work).length > 0 ? handlers : had;
  sayNearKeys(work, openOwnStory);
  refuseUnknownServices(work);
  const handler = Object.hasOwn(of, command) ? of[command] : undefined;
  const load = isDryRun(commandLine) ? dryHandler(command, of) : handler;
  if (load) {
    const story = openOwnStory();
    try {
      if (command !== 'config') await refuseUnknownFlags(work);
      return await (await load())(work, story);
    } finally {
      story.end();
    }
  }
  if (of !== handlers) return await passThrough(commandLine, work.input);
  return await runOnNames(work, argumentsOf(work));
}

/** Commands that start services; what the others would do is Compose's to say, but for the session's end. */
const starting = new Set(['up', 'create', 'start', 'scale', 'run', 'watch']);
const ending = new Set(['down', 'stop', 'restart']);

function dryHandler(
  command: string,
  of: Readonly<Record<string, () => Promise<Handler>>>,
): (() => Promise<Handler>) | undefined {
  if (of !== handlers) return undefined;
  if (starting.has(command)) return async () => (await import('./dry-run.ts')).dryRun;
  if (ending.has(command)) return async () => (await import('./dry-end.ts')).dryEnd;
  return Object.hasOwn(handlers, command) ? handlers[command] : undefined;
}

/** What Compose cannot read, and has no x-kdev as far as it can be read, Compose complains of itself. */
function isForComposeToTell(
  error: unknown,
  { files }: ComposeFiles,
  input: Buffer | undefined,
): boolean {
  const isUnread = isKdevError(error) && error.code === catalogue.COMPOSE_FILE_INVALID.code;
  return isUnread && !files.some(fileHasXKdev) && !textHasXKdev(String(input ?? ''));
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

/** Compose takes any key that begins with x-. */
function sayNearKeys({ project: { model } }: Work, openStory: () => Story): void {
  const services = mapAt(model, 'services');
  const near = (keys: object, whose: string) =>
    Object.keys(keys)
      .filter(isNearXKdev)
      .map((key) => `${key} ${whose} means nothing to kdev, did you mean x-kdev?`);
  const told = [
    ...near(model, 'at the top level'),
    ...Object.keys(services).flatMap((name) => near(mapAt(services, name), `of service ${name}`)),
  ];
  if (told.length > 0) openStory().say(told.join('\n'));
}

/** Compose refuses them too, when kdev has done its part; a project that kdev has no part in is Compose's alone. */
function refuseUnknownServices(work: Work): void {
  const intercepted = interceptedServices(work);
  if (intercepted.length === 0) return;
  const known = Object.keys(mapAt(work.project.model, 'services'));
  const parts = intercepted.flatMap(partsOf);
  const [unknown] = unknownServices(work.commandLine, [...known, ...parts]);
  if (unknown !== undefined) refuseUnknownService(work, unknown);
}

function partsOf(service: string): string[] {
  return [`kdev-net-${service}`, `kdev-sidecar-${service}`];
}
