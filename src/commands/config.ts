import { type Model, mapAt, without } from '../compose/model.ts';
import { holderName } from '../compose/render-holder.ts';
import { sidecarName } from '../compose/render-sidecar.ts';
import { findSession } from '../session/join-session.ts';
import { enterCluster, renderEntered } from './enter-cluster.ts';
import { Interrupts } from './interrupts.ts';
import { renderNames, runOnProject } from './names-only.ts';
import type { Story } from './story.ts';
import { type Work, wantedServices } from './work.ts';

/**
 * `kdev compose config`: the project as Compose gets it. With a session all of it, of the pod's variables their names
 * only; without one what can be known without the cluster.
 */
export async function config(work: Work, story: Story): Promise<number> {
  const { project, commandLine } = work;
  const session = await findSession(project.name);
  session?.close();
  const services = wantedServices(work).filter((service) => project.active.includes(service));
  const isPlain = commandLine.rest.some((word) =>
    /^--(services|volumes|images|profiles|hash)/.test(word),
  );
  if (!session || services.length === 0 || isPlain) {
    if (!session && !isPlain) {
      story.say(
        'No session runs: the pod’s variables and files are not in it (kdev compose up -d).',
      );
    }
    return await runOnProject(work, renderNames(work), commandLine.rest);
  }
  const interrupts = new Interrupts();
  const silent = { ...story, say: () => undefined, step: () => undefined };
  try {
    const entered = await enterCluster(work, services, { story: silent, interrupts });
    const { rendered } = renderEntered(work, entered);
    entered.client.close();
    const shown = { ...rendered, model: withoutInactive(work, rendered.model), values: new Map() };
    return await runOnProject(work, shown, ['--no-interpolate', ...commandLine.rest]);
  } finally {
    interrupts.close();
  }
}

/** Compose itself leaves them out, but not where variables stay what they are called. */
function withoutInactive({ project }: Work, model: Model): Model {
  const all = Object.keys(mapAt(project.model, 'services'));
  const inactive = all.filter((service) => !project.active.includes(service));
  const parts = inactive.flatMap((service) => [holderName(service), sidecarName(service)]);
  return { ...model, services: without(mapAt(model, 'services'), [...inactive, ...parts]) };
}
