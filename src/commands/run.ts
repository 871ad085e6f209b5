import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { servicesInPlay } from '../compose/services-in-play.ts';
import { enterCluster, renderEntered } from './enter-cluster.ts';
import { Interrupts } from './interrupts.ts';
import { endWith } from './leave.ts';
import { runOnNames, runOnProject } from './names-only.ts';
import type { Story } from './story.ts';
import { tellFacts } from './tell-facts.ts';
import { interceptedServices, type Work } from './work.ts';

/**
 * `kdev compose run`: one more container of a service, in its pod's network, with its variables and files. Where no
 * session ran before, nothing of this one stays behind.
 */
export function run(work: Work, story: Story): Promise<number> {
  return withCluster(work, story, 'remove');
}

/** `kdev compose watch`: the service is rebuilt and replaced in its pod's place, and stays when the watch ends. */
export function watch(work: Work, story: Story): Promise<number> {
  return withCluster(work, story, 'keep');
}

async function withCluster(work: Work, story: Story, afterwards: 'keep' | 'remove') {
  const { project, commandLine } = work;
  const all = Object.keys(mapAt(project.model, 'services'));
  const inPlay = servicesInPlay(project, namedServices(commandLine, all));
  const services = interceptedServices(work).filter((service) => inPlay.has(service));
  if (services.length === 0) return await runOnNames(work, commandLine.rest);
  const interrupts = new Interrupts();
  try {
    const entered = await enterCluster(work, services, { story, interrupts });
    const { client, isNew } = entered;
    if (isNew && afterwards === 'keep') await client.call('settle', {});
    const { rendered, plans } = renderEntered(work, entered);
    tellFacts(entered, { rendered, plans }, story);
    story.end();
    const exitCode = await runOnProject(work, rendered, commandLine.rest);
    if (isNew && afterwards === 'remove') await endWith(client, 'remove', { story, interrupts });
    client.close();
    return exitCode;
  } finally {
    interrupts.close();
  }
}
