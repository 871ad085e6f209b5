import { relative } from 'node:path';
import { openCluster } from '../cluster/cluster.ts';
import { findComposeFiles } from '../compose/compose-files.ts';
import { refuseServices } from '../compose/refuse-services.ts';
import type { ServiceSettings } from '../config/settings.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { deadline } from '../runtime/deadline.ts';
import { besideText } from '../screen/text-width.ts';
import { chosenBy } from '../session/decide.ts';
import { changeCompose } from './change-compose.ts';
import type { Around } from './command.ts';
import { parseCommand } from './command-form.ts';
import { changesText, type FileChange, mayWrite, writeChanges } from './file-changes.ts';
import { initForm } from './forms/init-form.ts';
import type { Match } from './guess-target.ts';
import { imageSteps, imageToWrite } from './init-image.ts';
import { xKdevLines } from './init-lines.ts';
import { type Candidate, matchTarget } from './match-target.ts';
import {
  type ClusterOptions,
  openProject,
  type ProjectOptions,
  projectCommandLine,
  refuseUnknownService,
} from './open-project.ts';
import { printData, type WordsFormat } from './results.ts';
import { withSchema } from './schema-file.ts';
import { serviceTraits } from './service-traits.ts';
import { openStory, type Story, sayWrapped } from './story.ts';
import { interceptedServices, settingsOf, type Work } from './work.ts';

interface InitOptions extends ProjectOptions, ClusterOptions {
  readonly target?: string;
  readonly incoming?: string;
  readonly image?: string;
  readonly schema: boolean;
  readonly yes?: boolean;
  readonly output: WordsFormat;
}

const deadlineMs = 20_000;

/** `kdev init`: finds the workload that a service stands for, shows the lines that say so, and writes them. */
export async function init(args: readonly string[], around: Around): Promise<number> {
  const asked = parseCommand<InitOptions>(initForm, args);
  if (!asked) return 0;
  const { options } = asked;
  const [named] = asked.words;
  const story = openStory(around);
  const files = filesOf(options);
  const work = await openProject(options);
  if (named !== undefined) refuseUnknownService(work, named);
  if (saysItIsThere(work, named, story)) return 0;
  const settings = settingsToCome(work);
  const match = await findMatch(work, { settings, named, target: options.target }, story);
  if (!match) return done(story, 'Nothing was written.');
  refuseServices(work.project, [match.service], new Map());
  const changes = changesFor(match, { work, settings, files, options });
  await show(match, changes, { options, story });
  if (!(await mayWrite(options, story))) return done(story, 'Nothing was written.');
  writeChanges(changes);
  return done(story, `Written. Next:\n${nextSteps(match, settings, story)}`);
}

function done(story: Story, words: string): number {
  story.say(words);
  return 0;
}

function filesOf(options: InitOptions): readonly string[] {
  const around = { directory: process.cwd(), environment: process.env };
  const { files, fromStandardInput } = findComposeFiles(projectCommandLine(options), around);
  if (files.length > 0 && !fromStandardInput) return files;
  throw kdevError('COMPOSE_FILE_MISSING', {
    fact: fromStandardInput
      ? 'kdev init cannot write into the standard input'
      : `there is no compose file in ${process.cwd()}, nor above it`,
    hints: [
      { who: 'you', text: 'go to the folder of your compose file, or name it: --file FILE' },
      {
        who: 'you',
        text: 'no Compose yet? Write compose.yaml with  services: {NAME: {build: .}}  and run kdev init again',
      },
    ],
  });
}

function saysItIsThere({ project }: Work, named: string | undefined, story: Story): boolean {
  const there = interceptedServices({ project });
  const found = named === undefined ? there[0] : there.find((service) => service === named);
  if (found === undefined) return false;
  const place = project.locate(['services', found, 'x-kdev']);
  story.say(`${found} has x-kdev already${place === undefined ? '' : ` (${place})`}.`);
  story.say('  kdev compose up -d    brings it up');
  if (named === undefined) story.say('  kdev init SERVICE     gives another service its pod');
  return true;
}

/** What up would take for a service without x-kdev of its own: flags, variables, defaults of the project and of the user. */
function settingsToCome(work: Work): ServiceSettings {
  const service = 'new';
  const services = new Map([[service, { target: 'deployment/new' }]]);
  const xKdev = { ...work.project.xKdev, services };
  const [settings] = settingsOf({ ...work, project: { ...work.project, xKdev } }, [service]);
  if (!settings) throw new Error('no settings for the service to come');
  return settings;
}

interface Wanted {
  readonly settings: ServiceSettings;
  readonly named: string | undefined;
  readonly target: string | undefined;
}

async function findMatch(work: Work, { settings, named, target }: Wanted, story: Story) {
  const cluster = openCluster({ ...chosenBy(settings), env: work.environment });
  try {
    const { context, namespace } = cluster;
    sayWrapped(
      story,
      `looking in namespace ${namespace.value} (${namespace.from}), context ${context.value} (${context.from})`,
    );
    const all = serviceTraits(work.project.model);
    const services = named === undefined ? all : all.filter(({ name }) => name === named);
    const query = { services, project: work.project.name, target };
    return await matchTarget(cluster, query, deadline(deadlineMs));
  } finally {
    cluster.close();
  }
}

interface Place {
  readonly work: Work;
  readonly settings: ServiceSettings;
  readonly files: readonly string[];
  readonly options: InitOptions;
}

function changesFor(
  { service, target }: Match<Candidate>,
  { work, settings, files, options }: Place,
): readonly FileChange[] {
  const traits = serviceTraits(work.project.model).find(({ name }) => name === service);
  const change = changeCompose({ files, service, folder: process.cwd() }, () =>
    xKdevLines({
      target: target.target,
      settings,
      servicePorts: traits?.ports ?? [],
      targetPorts: target.node === undefined ? undefined : target.ports.map(({ port }) => port),
      image: imageToWrite(target, settings),
    }),
  );
  const changes = options.schema ? withSchema(change) : [change];
  return changes.filter(({ before, after }) => before !== after);
}

async function show(
  { service, target, reasons }: Match<Candidate>,
  changes: readonly FileChange[],
  { options, story }: { readonly options: InitOptions; readonly story: Story },
): Promise<void> {
  const why = reasons.length === 0 ? '' : `: ${reasons.join(', ')}`;
  story.say(`${service} stands for ${target.target}${why}\n`);
  const text = changesText(changes, process.cwd());
  const { output } = options;
  if (output === 'json' || output === 'yaml') {
    const files = changes.map(({ path }) => path);
    await printData(output, { service, target: target.target, reasons, files, diff: text });
  } else {
    process.stdout.write(text);
  }
  for (const { path, words } of changes) {
    if (words !== undefined) story.say(`and ${relative(process.cwd(), path)}: ${words}`);
  }
}

/** What is left to do, as commands. */
function nextSteps(
  { service, target }: Match<Candidate>,
  settings: ServiceSettings,
  { terminal }: Pick<Story, 'terminal'>,
): string {
  const steps = [
    ...imageSteps(target, settings),
    ['kdev compose up -d', `${service} takes the place of ${target.target}`] as const,
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  const line = ([command, words]: readonly [string, string]) =>
    besideText(`  ${command.padEnd(width)}   `, words, terminal.columns);
  return steps.map(line).join('\n');
}
