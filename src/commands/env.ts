import { listVariables, type ServiceVariables } from '../compose/list-variables.ts';
import { composeNames } from '../compose/merge-environment.ts';
import type { LeaveOutRule } from '../compose/service-plan.ts';
import { changedWords } from '../session/changed-variables.ts';
import { findSession } from '../session/join-session.ts';
import type { Around } from './command.ts';
import { parseCommand } from './command-form.ts';
import { dotenvText, shellText, variablesData, variablesTable } from './env-text.ts';
import { ruleWords } from './fact-words.ts';
import { envForm, type envFormats } from './forms/env-form.ts';
import { type ProjectOptions, projectOrRun } from './open-project.ts';
import { printData, resultTerminal } from './results.ts';
import { variablesOfRun } from './run-variables.ts';
import { openStory, type Story, sayWrapped } from './story.ts';
import { settingsOf, type Work } from './work.ts';

interface EnvOptions extends ProjectOptions {
  readonly reveal?: boolean;
  readonly output: (typeof envFormats)[number];
}

/** `kdev env SERVICE`: what the service gets beside its image's own. */
export async function env(args: readonly string[], around: Around): Promise<number> {
  const asked = parseCommand<EnvOptions>(envForm, args);
  if (!asked) return 0;
  const [service = ''] = asked.words;
  const opened = await projectOrRun(service, asked.options);
  const { found, gap, changed } =
    'work' in opened
      ? await variablesOf(opened.work, service)
      : await variablesOfRun(opened.run, await askSession(opened.run.project, service));
  const story = openStory(around);
  await print(found, { service, gap, changed, options: asked.options, story });
  if (gap !== undefined) sayWrapped(story, gap);
  if (changed.length > 0) sayWrapped(story, changedWords(changed));
  return 0;
}

/** With the pod's part where a session has it; else why it is missing. */
async function variablesOf(work: Work, service: string) {
  const { model, name } = work.project;
  const compose = composeNames(model, service);
  const [settings] = settingsOf(work, [service]);
  const words = (rule: LeaveOutRule) => ruleWords(rule, settings?.origins ?? {});
  const common = { compose, ruleWords: words };
  if (!settings) {
    const none = { pod: Buffer.alloc(0), rules: noRules, ...common };
    const gap = `${service} has no x-kdev: nothing comes from a pod, and all is Compose's and its image's.`;
    return { found: listVariables(model, service, none), gap, changed: [] };
  }
  const held = await askSession(name, service);
  const pod = Buffer.from(held?.environment ?? '', 'base64');
  // The rules by which it was brought up: the file may have changed since.
  const rules = held?.rules ?? settings.env;
  const gap = held
    ? undefined
    : `${service} is not up: the pod's variables are read by its agent, which kdev compose up -d starts.`;
  const changed = held?.changed.filter((name) => !compose.has(name)) ?? [];
  return { found: listVariables(model, service, { pod, rules, ...common }), gap, changed };
}

/** Of a service without x-kdev. */
const noRules = { include: [], exclude: [], override: {}, unset: [] };

async function askSession(project: string, service: string) {
  const client = await findSession(project);
  if (!client) return undefined;
  try {
    return (await client.call('environment', { service })).held;
  } finally {
    client.close();
  }
}

interface Printing {
  readonly service: string;
  readonly gap: string | undefined;
  readonly changed: readonly string[];
  readonly options: EnvOptions;
  readonly story: Story;
}

async function print(found: ServiceVariables, { service, gap, changed, options, story }: Printing) {
  const { output, reveal: isRevealed = false } = options;
  if (output === 'json' || output === 'yaml') {
    const hasPod = gap === undefined;
    await printData(output, { service, hasPod, ...variablesData(found, { isRevealed }), changed });
    return;
  }
  const writers = {
    table: () => variablesTable(found, { isRevealed, isWide: false, terminal: resultTerminal() }),
    wide: () => variablesTable(found, { isRevealed, isWide: true, terminal: resultTerminal() }),
    dotenv: () => dotenvText(found, { isRevealed }),
    shell: () => shellText(found, { isRevealed }),
  };
  process.stdout.write(writers[output]());
  const isForPrograms = output === 'dotenv' || output === 'shell';
  if (isForPrograms && !isRevealed) story.say('Masked: --reveal writes the values.');
}
