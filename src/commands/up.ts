import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { servicesInPlay } from '../compose/services-in-play.ts';
import { followCompose } from './compose-steps.ts';
import { type Entered, enterCluster } from './enter-cluster.ts';
import { Interrupts } from './interrupts.ts';
import { sayOpening } from './lead.ts';
import { endWith } from './leave.ts';
import { runOnNames } from './names-only.ts';
import { startUp } from './start-up.ts';
import type { Story } from './story.ts';
import { tellUp } from './tell-standing.ts';
import { type Upping, upAttached } from './up-attached.ts';
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
    sayOpening(work, story, { inCluster, local: inPlay.size - inCluster });
    const entered = await enterCluster(work, services, { story, interrupts });
    const upping = { story, interrupts, inPlay };
    try {
      return isDetached(commandLine.rest)
        ? await upDetached(work, entered, upping)
        : await upAttached(work, entered, upping);
    } finally {
      entered.client.close();
    }
  } finally {
    interrupts.close();
  }
}

/** The containers stay, and so does the session; where they do not come up, nothing of this command stays. */
async function upDetached(work: Work, entered: Entered, upping: Upping): Promise<number> {
  const { story, interrupts, inPlay } = upping;
  const { client, isNew } = entered;
  const flags = ['--progress=plain', ...globalFlags(work, ['--progress', '--ansi'])];
  const { compose, brought } = startUp(work, entered, { story, inPlay, globalFlags: flags });
  compose.stdout?.pipe(process.stdout, { end: false });
  const steps = followCompose(compose, story);
  const exitCode = await Promise.race([compose.ended, interrupts.first]);
  if (typeof exitCode === 'string') compose.kill('SIGKILL');
  await Promise.all([compose.ended, steps.ended]);
  if (exitCode === 0) {
    await client.call('settle', { brought });
    return await tellUp(work, entered, upping);
  }
  const failure =
    typeof exitCode === 'number' && (await whyComposeFailed(work, exitCode, steps.lastLines()));
  if (isNew) await endWith(client, 'remove', { story, interrupts });
  if (!failure) return interrupts.exitCode;
  if (isNew) story.say('Everything that this command had started was removed.');
  throw failure;
}

/** `-d`, also among other short flags, `--detach`, `--wait`. */
export function isDetached(args: readonly string[]): boolean {
  return args.some((arg) => /^(-[a-zA-Z]*d[a-zA-Z]*|--detach(=true)?|--wait(=true)?)$/.test(arg));
}
