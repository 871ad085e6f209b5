import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { type RunningCompose, runCompose } from '../compose/run-compose.ts';
import { servicesInPlay } from '../compose/services-in-play.ts';
import { closingText } from '../screen/story.ts';
import { followCompose } from './compose-steps.ts';
import { decidedServices } from './decided-service.ts';
import { type Around, type Entered, enterCluster, renderEntered } from './enter-cluster.ts';
import { Interrupts } from './interrupts.ts';
import { sayOpening } from './lead.ts';
import { endWith, leaveAll } from './leave.ts';
import { leftOutWords } from './left-out-words.ts';
import { runOnNames } from './names-only.ts';
import type { Story } from './story.ts';
import { whyComposeFailed } from './why-compose-failed.ts';
import { globalFlags, interceptedServices, type Work } from './work.ts';

/** `kdev compose up`: the cluster's side first, then the containers, then what is new in the world. */
export async function up(work: Work, story: Story): Promise<number> {
  const { project, commandLine } = work;
  const all = Object.keys(mapAt(project.model, 'services'));
  const inPlay = servicesInPlay(project, namedServices(commandLine, all));
  const services = interceptedServices(work).filter((service) => inPlay.has(service));
  if (services.length === 0) return await runOnNames(work, commandLine.rest);
  const interrupts = new Interrupts();
  try {
    const inCluster = services.length;
    sayOpening(story, { project: project.name, inCluster, local: inPlay.size - inCluster });
    const entered = await enterCluster(work, services, { story, interrupts });
    try {
      return isDetached(commandLine.rest)
        ? await upDetached(work, entered, { story, interrupts })
        : await upAttached(work, entered, { story, interrupts });
    } finally {
      entered.client.close();
    }
  } finally {
    interrupts.close();
  }
}

/** The containers stay, and so does the session; where they do not come up, nothing of this command stays. */
async function upDetached(work: Work, entered: Entered, around: Around): Promise<number> {
  const { story, interrupts } = around;
  const compose = startCompose(work, entered, { story, stdout: 'pipe' });
  const steps = followCompose(compose, story);
  const exitCode = await Promise.race([compose.ended, interrupts.first]);
  if (typeof exitCode === 'string') compose.kill('SIGKILL');
  await Promise.all([compose.ended, steps.ended]);
  if (exitCode === 0) {
    await entered.client.call('settle', {});
    const decided = decidedServices(entered.settings, entered.decisions);
    story.end();
    story.say(`\n${closingText(decided, story.terminal)}`);
    return 0;
  }
  const failure =
    typeof exitCode === 'number' && (await whyComposeFailed(work, exitCode, steps.lastLines()));
  if (entered.isNew) await endWith(entered.client, 'remove', { story, interrupts });
  if (!failure) return interrupts.exitCode;
  const undone = entered.isNew ? ' Everything that this command had started was removed.' : '';
  if (undone) story.say(undone.trim());
  throw failure;
}

/** The command holds everything: with it, or with the last container, it all goes. */
async function upAttached(work: Work, entered: Entered, around: Around): Promise<number> {
  const { story, interrupts } = around;
  const { client } = entered;
  const exited = client.call('attach', {}).then(() => 'exited' as const);
  exited.catch(() => undefined);
  const compose = startCompose(work, entered, { story, stdout: 'inherit' });
  const steps = followCompose(compose, story);
  const what = await Promise.race([compose.ended, interrupts.first, exited]);
  const isOver = typeof what === 'number';
  // Its containers are taken away below; it only follows their output.
  if (!isOver) compose.kill('SIGKILL');
  const failure =
    isOver && what !== 0 && !hasExitCode(work)
      ? await steps.ended.then(() => whyComposeFailed(work, what, steps.lastLines()))
      : undefined;
  await leaveAll(client, { story, interrupts });
  await Promise.all([compose.ended, steps.ended]);
  if (interrupts.happened) return interrupts.exitCode;
  if (failure) throw failure;
  return isOver ? what : 0;
}

function startCompose(
  work: Work,
  entered: Entered,
  { story, stdout }: { readonly story: Story; readonly stdout: 'inherit' | 'pipe' },
): RunningCompose {
  const { rendered, plans } = renderEntered(work, entered);
  for (const words of leftOutWords(plans)) story.say(words);
  return runCompose({
    project: work.project,
    rendered,
    globalFlags: ['--progress=plain', ...globalFlags(work, ['--progress'])],
    command: 'up',
    args: work.commandLine.rest,
    directory: work.directory,
    environment: { ...work.environment, COMPOSE_MENU: 'false' },
    input: 'ignore',
    stdout,
    stderr: 'pipe',
    signals: 'caller',
  });
}

/** `-d`, also among other short flags, `--detach`, `--wait`. */
export function isDetached(args: readonly string[]): boolean {
  return args.some((arg) => /^(-[a-zA-Z]*d[a-zA-Z]*|--detach(=true)?|--wait(=true)?)$/.test(arg));
}

/** A container's exit code is the command's own: it is no failure of Compose. */
function hasExitCode({ commandLine }: Work): boolean {
  return commandLine.rest.some((arg) => /^--(exit-code-from|abort-on-container)/.test(arg));
}
