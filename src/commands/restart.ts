import { namedServices } from '../compose/command-line.ts';
import { fingerprint } from '../compose/drift.ts';
import { mapAt } from '../compose/model.ts';
import { findSession } from '../session/join-session.ts';
import { settleAftermath } from './lead.ts';
import { runTold } from './names-only.ts';
import { renderWork } from './plan-services.ts';
import { refuseWithoutContainers } from './refuse-without-containers.ts';
import { startWith } from './start.ts';
import type { Story } from './story.ts';
import { tellUntaken } from './tell-drift.ts';
import { settingsOf, type Work, wantedServices } from './work.ts';

/**
 * `kdev compose restart`: the user's services; holder and sidecar stay, so that the network does. Where one of them is not in
 * the cluster, as after `stop`, it is a start.
 */
export async function restart(work: Work, story: Story): Promise<number> {
  const { project, commandLine } = work;
  await settleAftermath(project.name, story);
  const named = namedServices(commandLine, Object.keys(mapAt(project.model, 'services')));
  const wanted = named.length > 0 ? named : project.active;
  const facts = await factsNow(project.name);
  const served = facts?.services.map(({ decision }) => decision.service) ?? [];
  const services = wantedServices(work).filter((service) => wanted.includes(service));
  if (!facts || !services.every((service) => served.includes(service))) {
    return await startWith(work, story, commandLine.rest);
  }
  await refuseWithoutContainers(project.name, services);
  const known = { ...facts, failed: [] };
  const { rendered } = renderWork(work, settingsOf(work, services), known);
  tellUntaken(facts.brought, fingerprint(rendered, new Set(wanted)), story);
  const args = named.length > 0 ? commandLine.rest : [...commandLine.rest, ...project.active];
  story.block('Restarting');
  return await runTold(work, args, story);
}

async function factsNow(project: string) {
  const session = await findSession(project);
  return await session?.call('facts', {}).finally(() => session.close());
}
