import type { ServiceSettings } from '../config/settings.ts';
import { filterWords } from '../protocol/filter-words.ts';
import type { DecidedService } from '../screen/story.ts';
import type { Decision } from '../session/control.ts';
import { undeclaredWords } from './undeclared-words.ts';

const freshKinds = new Set(['configMap', 'secret', 'projected', 'downwardAPI']);

/** What was decided for a service, for the screen: each thing with where it came from. */
export function decidedService(settings: ServiceSettings, decision: Decision): DecidedService {
  const { service, incoming, files, origins, container } = settings;
  const { context, namespace, target, ports, image, agentNamespace, warnings } = decision;
  const fresh = target.mounts.filter(({ kind }) => freshKinds.has(kind)).length;
  const containerFrom = container === undefined ? target.containerFrom : origins.container.words;
  return {
    service,
    mode: incoming.mode,
    filter: incoming.filter && filterWords(incoming.filter),
    ports,
    target: target.name,
    readyPods: target.readyPods,
    pod: target.pod,
    container: { value: target.container, from: containerFrom },
    context: { value: context.value, from: context.from },
    namespace: { value: namespace.value, from: namespace.from },
    agent: `node mode (Job in ${agentNamespace}, admitted; RBAC ok)`,
    image: { value: image, from: origins['agent.image'].words },
    mountsKeptFresh: files.mounts === 'off' ? 0 : fresh,
    pathsReadLive: files.read.length,
    notes: [
      ...(target.readyPods > 1
        ? [`one of ${target.readyPods} ready pods: the others serve on by themselves`]
        : []),
      ...undeclaredWords(ports, target),
      ...warnings.map((warning) => `the cluster warns: ${warning}`),
    ],
  };
}

/** The services in the order of their settings, as far as they were decided. */
export function decidedServices(
  settings: readonly ServiceSettings[],
  decisions: ReadonlyMap<string, Decision>,
): readonly DecidedService[] {
  return settings.flatMap((own) => {
    const decision = decisions.get(own.service);
    return decision ? [decidedService(own, decision)] : [];
  });
}
