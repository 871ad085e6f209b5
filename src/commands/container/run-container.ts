import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { runLabel } from '../../docker/labels.ts';
import { composeProject, type RunProject } from '../../docker-run/compose-project.ts';
import { misused } from '../../docker-run/misused.ts';
import { isOn } from '../../docker-run/parse-words.ts';
import { catalogue } from '../../errors/catalogue.ts';
import { isKdevError, kdevError } from '../../errors/kdev-error.ts';
import { installedPackage } from '../../runtime/installed-package.ts';
import { degrade } from '../../screen/paint.ts';
import type { Around } from '../command.ts';
import { parseCommand } from '../command-form.ts';
import { enterCluster } from '../enter-cluster.ts';
import { runForm } from '../forms/run-form.ts';
import { inRunsWords } from '../in-runs-words.ts';
import { Interrupts } from '../interrupts.ts';
import { settleAftermath } from '../lead.ts';
import { endWith } from '../leave.ts';
import { makeVolumes, readMadeProject } from '../made-project.ts';
import { refuseTakenName } from '../runs.ts';
import { openStory } from '../story.ts';
import type { Work } from '../work.ts';
import { type AskedRun, parseRun } from './asked-run.ts';
import { makeReady, type Running } from './make-ready.ts';
import { runAttached } from './run-attached.ts';
import { runDetached } from './run-detached.ts';

/** `kdev run`: what `docker run` does, in a pod's place. It is a Compose project of one service, which nobody has written. */
export async function runContainer(
  args: readonly string[],
  { kdev, progress }: Pick<Around, 'kdev' | 'progress'>,
): Promise<number> {
  const asked = parseRun(args, process.env);
  if (!asked) {
    parseCommand(runForm, ['--help']);
    return 0;
  }
  refuseWithoutTerminal(asked);
  const project = projectOf(asked);
  const story = openStory(progress === undefined ? {} : { progress });
  const interrupts = new Interrupts();
  try {
    const { version } = installedPackage();
    story.say(`${degrade(story.terminal, `kdev ${version} · run ${asked.name}`)}\n`);
    await settleAftermath(asked.project, story);
    await refuseTakenName(asked);
    await makeVolumes(project.volumes);
    const work = await readRun(asked, project, kdev);
    const running = { story, interrupts, asked };
    return await inRunsWords(asked.name, () => runEntered(work, running));
  } finally {
    interrupts.close();
    story.end();
  }
}

/** What does not come to run leaves nothing. */
async function runEntered(work: Work, running: Running): Promise<number> {
  const { asked, story } = running;
  const entered = await enterCluster(work, [asked.name], running);
  try {
    const ready = await makeReady(work, entered, running).catch(async (error: unknown) => {
      await endWith(entered.client, 'remove', running);
      if (!running.interrupts.happened) {
        story.say('Everything that this command had started was removed.');
      }
      throw error;
    });
    const run = asked.isDetached ? runDetached : runAttached;
    return await run(work, entered, { ...ready, ...running });
  } finally {
    entered.client.close();
  }
}

function refuseWithoutTerminal({ isInteractive, hasTerminal, isDetached }: AskedRun): void {
  if (isDetached || !hasTerminal || !isInteractive || process.stdin.isTTY) return;
  throw misused('with -it its input is a terminal, and this one is not: leave out -t');
}

function projectOf(asked: AskedRun): RunProject {
  return composeProject(asked, {
    project: asked.project,
    service: asked.name,
    containerName: asked.containerName,
    directory: resolve(),
    readFile,
    labels: { [runLabel]: asked.name },
  });
}

/** As Compose understands it; its words are about options, where it does not. */
async function readRun(asked: AskedRun, { model }: RunProject, kdev: readonly string[]) {
  const quiet = isOn(asked.given, 'quiet') ? ['--quiet-pull'] : [];
  const command = {
    command: 'up',
    rest: ['--no-start', ...quiet],
    kdevFlags: asked.kdevFlags,
    failFast: true,
  };
  const made = { model, project: asked.project, directory: resolve() };
  return await readMadeProject(made, { ...command, kdev, isOpened: true }).catch(
    (error: unknown) => {
      throw asMisused(error);
    },
  );
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw misused(`${path} cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

function asMisused(error: unknown): unknown {
  if (!isKdevError(error) || error.code !== catalogue.COMPOSE_FILE_INVALID.code) return error;
  return kdevError('COMMAND_LINE', {
    fact: 'kdev run: Compose does not understand what the options of docker run say',
    ...(error.evidence === undefined ? {} : { evidence: error.evidence }),
    hints: [{ who: 'you', text: "lists Docker's options", command: 'docker run --help' }],
    cause: error,
  });
}
