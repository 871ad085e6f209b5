import { followCompose } from './compose-steps.ts';
import { type Around, enterCluster } from './enter-cluster.ts';
import { foldOf, withoutBuild } from './fold-build.ts';
import { type GoingOn, goOnWithout, throwFailures } from './go-on-without.ts';
import { Interrupts } from './interrupts.ts';
import { isUpAlready } from './is-up-already.ts';
import { sayOpening } from './lead.ts';
import { endWith, leaveStanding } from './leave.ts';
import { leaveFormer, tidyFormer } from './leave-former.ts';
import { runOnNames } from './names-only.ts';
import { create } from './run.ts';
import { startUp, tellUpcoming } from './start-up.ts';
import { startedServices } from './started-services.ts';
import type { Story } from './story.ts';
import { tellUp } from './tell-standing.ts';
import { upAttached } from './up-attached.ts';
import { whyComposeFailed } from './why-compose-failed.ts';
import { absentServices, globalFlags, type Work, wantedServices } from './work.ts';

/** `kdev compose up`: the cluster's side first, then the containers, then what is new in the world. */
export async function up(work: Work, story: Story): Promise<number> {
  const { rest } = work.commandLine;
  if (rest.some((word) => /^--no-start(=true)?$/.test(word))) return await create(work, story);
  const absent = absentServices(work);
  const inPlay = new Set([...startedServices(work)].filter((service) => !absent.has(service)));
  const services = wantedServices(work).filter((service) => inPlay.has(service));
  if (services.length === 0) {
    await leaveFormer(work, story);
    const exitCode = await runOnNames(work, rest);
    if (absent.size > 0) await tidyFormer(work);
    return exitCode;
  }
  const interrupts = new Interrupts();
  try {
    const inCluster = services.length;
    sayOpening(work, story, { inCluster, local: inPlay.size - inCluster });
    const entered = await enterCluster(work, services, { story, interrupts });
    const exitCode = await upEntered({ work, entered, inPlay }, { story, interrupts });
    if (exitCode === 0) throwFailures(entered);
    return exitCode;
  } finally {
    interrupts.close();
  }
}

async function upEntered(all: GoingOn, around: Around): Promise<number> {
  const { client, isNew } = all.entered;
  try {
    const going = await goOnWithout(all, around.story).catch(async (error: unknown) => {
      if (isNew) await endWith(client, 'stay', around);
      throw error;
    });
    const isDone = isDetached(going.work.commandLine.rest);
    return isDone ? await upDetached(going, around) : await upAttached(going, around);
  } finally {
    client.close();
  }
}

/** The containers stay, and so does the session; where they do not come up, nothing of this command stays. */
async function upDetached({ work, entered, inPlay }: GoingOn, around: Around): Promise<number> {
  const { story, interrupts } = around;
  const { client, isNew } = entered;
  const upcoming = tellUpcoming(work, entered, { story, inPlay });
  const { brought } = upcoming;
  if (await isUpAlready(work, upcoming, { before: entered.result.before, inPlay })) {
    await client.call('settle', { brought });
    return await tellUp(work, entered, around);
  }
  const flags = ['--progress=plain', ...globalFlags(work, ['--progress', '--ansi'])];
  const compose = startUp(work, upcoming, flags);
  const fold = foldOf(story);
  withoutBuild(compose.stdout, fold)?.pipe(process.stdout, { end: false });
  const steps = followCompose(compose, story, { fold });
  const exitCode = await Promise.race([compose.ended, interrupts.first]);
  if (typeof exitCode === 'string') compose.kill('SIGKILL');
  await Promise.all([compose.ended, steps.ended]);
  if (exitCode === 0) {
    await client.call('settle', { brought });
    return await tellUp(work, entered, around);
  }
  const failure =
    typeof exitCode === 'number' &&
    (await whyComposeFailed(work, { exitCode, stderr: steps.lastLines(), isRemoved: isNew }));
  if (isNew) await endWith(client, 'remove', { story, interrupts });
  else await leaveStanding(client, story);
  if (!failure) return interrupts.exitCode;
  if (isNew) story.say('Everything that this command had started was removed.');
  throw failure;
}

/** `-d`, also among other short flags, `--detach`, `--wait`. */
export function isDetached(args: readonly string[]): boolean {
  return args.some((arg) => /^(-[a-zA-Z]*d[a-zA-Z]*|--detach(=true)?|--wait(=true)?)$/.test(arg));
}
