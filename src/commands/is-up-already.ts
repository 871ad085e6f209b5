import { namedServices } from '../compose/command-line.ts';
import { type Fingerprint, isSame } from '../compose/drift.ts';
import { imageOf } from '../compose/made-by-up.ts';
import { type Model, mapAt, serviceAt, textAt } from '../compose/model.ts';
import { holderName } from '../compose/render-holder.ts';
import { sidecarName } from '../compose/render-sidecar.ts';
import { scaleOf } from '../compose/service-scale.ts';
import type { ContainerFact } from '../docker/containers.ts';
import type { Upcoming } from './start-up.ts';
import { type Work, wantedServices } from './work.ts';

interface Before {
  /** What this session brought up last. */
  readonly before: Fingerprint;
  readonly inPlay: ReadonlySet<string>;
}

/**
 * Whether `up -d` would find nothing to do: all that Compose is to have is as this session had it made, and runs, of the
 * images that there are now. Compose itself takes half a second a health check to see that. Where anything else is asked
 * for, or is not sure, it does.
 */
export async function isUpAlready(
  work: Work,
  { rendered, brought }: Upcoming,
  { before, inPlay }: Before,
): Promise<boolean> {
  const { project, commandLine } = work;
  const known = Object.keys(mapAt(project.model, 'services'));
  const isPlain = commandLine.rest.every(
    (word) =>
      word === '-d' || word === '--detach' || namedServices(commandLine, known).includes(word),
  );
  if (!isPlain || !isSame(before, brought)) return false;
  const intercepted = wantedServices(work).filter((service) => inPlay.has(service));
  const parts = intercepted.flatMap((name) => [holderName(name), sidecarName(name)]);
  const all = [...inPlay, ...parts];
  if (!all.every((name) => isKept(serviceAt(rendered.model, name)))) return false;
  const { composeProjectLabel } = await import('../docker/labels.ts');
  const { listContainers } = await import('../docker/containers.ts');
  const { inspectImage } = await import('../docker/images.ts');
  const { connectEngine } = await import('../docker/engine.ts');
  const engine = await connectEngine();
  const names = all.map((name) => imageOf({ ...project, model: rendered.model }, name));
  const [containers, images] = await Promise.all([
    listContainers(engine, { [composeProjectLabel]: project.name }),
    Promise.all(names.map((name) => inspectImage(engine, name))),
  ]);
  return all.every((name, index) =>
    runs(containers, {
      name,
      model: rendered.model,
      image: images[index]?.id,
      network: intercepted.includes(name) ? holderOf(containers, name) : undefined,
    }),
  );
}

/** Neither pulled nor built whatever is there. */
function isKept(service: Model): boolean {
  return [undefined, 'missing', 'if_not_present', 'never'].includes(textAt(service, 'pull_policy'));
}

function holderOf(containers: readonly ContainerFact[], service: string): string | undefined {
  return containers.find((one) => one.part === 'holder' && one.service === service)?.id;
}

interface Wanted {
  readonly name: string;
  readonly model: Model;
  readonly image: string | undefined;
  /** The container whose network it has joined, where that is a holder. */
  readonly network: string | undefined;
}

function runs(all: readonly ContainerFact[], { name, model, image, network }: Wanted): boolean {
  const own = all.filter(({ composeService }) => composeService === name);
  return (
    own.length === scaleOf(model, name, new Map()) &&
    own.every(
      (one) =>
        /^Up /.test(one.status) &&
        !/health: starting|unhealthy/.test(one.status) &&
        one.image === image &&
        (network === undefined || one.networkOf === network),
    )
  );
}
