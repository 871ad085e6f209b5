import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { enterCluster } from './enter-cluster.ts';
import { Interrupts } from './interrupts.ts';
import { sayOpening } from './lead.ts';
import { endWith } from './leave.ts';
import { runOnNames } from './names-only.ts';
import type { Story } from './story.ts';
import { tellUp } from './tell-standing.ts';
import { interceptedServices, type Work } from './work.ts';

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
  const services = interceptedServices(work).filter((service) => wanted.includes(service));
  if (services.length === 0) return await runOnNames(work, args);
  const interrupts = new Interrupts();
  try {
    const inCluster = services.length;
    sayOpening(work, story, { inCluster, local: wanted.length - inCluster });
    const entered = await enterCluster(work, services, { story, interrupts });
    const { client, isNew } = entered;
    story.end();
    const exitCode = await runOnNames(work, args);
    try {
      if (exitCode === 0) {
        await client.call('settle', {});
        return await tellUp(work, entered, { story, interrupts });
      }
      if (isNew) await endWith(client, 'stay', { story, interrupts });
      return exitCode;
    } finally {
      client.close();
    }
  } finally {
    interrupts.close();
  }
}
