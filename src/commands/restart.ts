import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { findSession } from '../session/join-session.ts';
import { settleAftermath } from './lead.ts';
import { runTold } from './names-only.ts';
import { refuseWithoutContainers } from './refuse-without-containers.ts';
import { startWith } from './start.ts';
import type { Story } from './story.ts';
import { type Work, wantedServices } from './work.ts';

/**
 * `kdev compose restart`: the user's services; holder and sidecar stay, so that the network does. Where one of them is not in
 * the cluster, as after `stop`, it is a start.
 */
export async function restart(work: Work, story: Story): Promise<number> {
  const { project, commandLine } = work;
  await settleAftermath(project.name, story);
  const named = namedServices(commandLine, Object.keys(mapAt(project.model, 'services')));
  const wanted = named.length > 0 ? named : project.active;
  const served = await servedNow(project.name);
  const services = wantedServices(work).filter((service) => wanted.includes(service));
  if (!services.every((service) => served.includes(service))) {
    return await startWith(work, story, commandLine.rest);
  }
  await refuseWithoutContainers(project.name, services);
  const args = named.length > 0 ? commandLine.rest : [...commandLine.rest, ...project.active];
  story.block('Restarting');
  return await runTold(work, args, story);
}

async function servedNow(project: string): Promise<readonly string[]> {
  const session = await findSession(project);
  if (!session) return [];
  const { services } = await session.call('facts', {}).finally(() => session.close());
  return services.map(({ decision }) => decision.service);
}
