import { isModel, listAt, type Model, mapAt, serviceAt } from './model.ts';
import type { ResolvedProject } from './read-project.ts';

/** The services that a command brings up: those that it names, or the active ones; and all that they depend on. */
export function servicesInPlay(
  { model, active }: Pick<ResolvedProject, 'model' | 'active'>,
  named: readonly string[],
): ReadonlySet<string> {
  const inPlay = new Set<string>();
  const waiting = [...(named.length > 0 ? named : active)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (inPlay.has(name) || !isModel(mapAt(model, 'services')[name])) continue;
    inPlay.add(name);
    waiting.push(...dependencies(serviceAt(model, name)));
  }
  return inPlay;
}

function dependencies(service: Model): string[] {
  return [
    ...Object.keys(mapAt(service, 'depends_on')),
    ...listAt(service, 'depends_on').map(String),
  ];
}
