import { namedServices } from '../compose/command-line.ts';
import { fingerprint } from '../compose/drift.ts';
import { mapAt } from '../compose/model.ts';
import { type Around, enterCluster, renderEntered } from './enter-cluster.ts';
import { type GoingOn, goOnWithout, throwFailures } from './go-on-without.ts';
import { Interrupts } from './interrupts.ts';
import { sayOpening } from './lead.ts';
import { endWith } from './leave.ts';
import { runOnNames, runTold } from './names-only.ts';
import { refuseWithoutContainers } from './refuse-without-containers.ts';
import type { Story } from './story.ts';
import { tellUntaken } from './tell-drift.ts';
import { tellUp } from './tell-standing.ts';
import { type Work, wantedServices } from './work.ts';

/** `kdev compose start`: stopped containers as they are, with an agent anew. */
export async function start(work: Work, story: Story): Promise<number> {
  const { commandLine } = work;
  return await startWith(work, story, commandLine.rest);
}

/** Runs a command that starts containers as they are, when the cluster's side is up. */
export async function startWith(
  work: Work,
  story: Story,
  args: readonly string[],
): Promise<number> {
  const { project, commandLine } = work;
  const named = namedServices(commandLine, Object.keys(mapAt(project.model, 'services')));
  const wanted = named.length > 0 ? named : project.active;
  const services = wantedServices(work).filter((service) => wanted.includes(service));
  if (services.length === 0) return await runOnNames(work, args);
  await refuseWithoutContainers(project.name, services);
  const interrupts = new Interrupts();
  try {
    const inCluster = services.length;
    sayOpening(work, story, { inCluster, local: wanted.length - inCluster });
    const entered = await enterCluster(work, services, { story, interrupts });
    const all = { work, entered, inPlay: new Set(wanted) };
    const exitCode = await startEntered(all, { story, interrupts });
    if (exitCode === 0) throwFailures(entered);
    return exitCode;
  } finally {
    interrupts.close();
  }
}

async function startEntered(all: GoingOn, around: Around): Promise<number> {
  const { client, isNew } = all.entered;
  try {
    const { work, entered, inPlay } = await goOnWithout(all, around.story);
    const { rendered } = renderEntered(work, entered);
    tellUntaken(entered.result.before, fingerprint(rendered, inPlay), around.story);
    const exitCode = await runTold(work, work.commandLine.rest, around.story);
    if (exitCode !== 0) {
      if (isNew) await endWith(client, 'stay', around);
      return exitCode;
    }
    await client.call('settle', {});
    return await tellUp(work, entered, around);
  } catch (error) {
    if (isNew) await endWith(client, 'stay', around).catch(() => undefined);
    throw error;
  } finally {
    client.close();
  }
}
