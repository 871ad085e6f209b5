import { listAt, type Model, mapAt, serviceAt } from './model.ts';
import type { ResolvedProject } from './read-project.ts';

type Project = Pick<ResolvedProject, 'model' | 'active'>;

/** The services that a command brings up: those that it names, or the active ones; and all that they depend on. */
export function servicesInPlay(project: Project, named: readonly string[]): ReadonlySet<string> {
  const enabled = enabledServices(project, named);
  const inPlay = new Set<string>();
  const waiting = [...(named.length > 0 ? named : project.active)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (inPlay.has(name) || !enabled.has(name)) continue;
    inPlay.add(name);
    waiting.push(...dependencies(serviceAt(project.model, name)));
  }
  return inPlay;
}

/** What Compose may start: the active services, and where a command names another, all that share a profile with it. */
export function enabledServices(
  { model, active }: Project,
  named: readonly string[],
): ReadonlySet<string> {
  const profilesOf = (name: string) => listAt(serviceAt(model, name), 'profiles').map(String);
  const ofNames = new Set(named.filter((name) => !active.includes(name)).flatMap(profilesOf));
  const services = Object.keys(mapAt(model, 'services'));
  const added = services.filter((name) => profilesOf(name).some((one) => ofNames.has(one)));
  return new Set([...active, ...added]);
}

function dependencies(service: Model): string[] {
  return [
    ...Object.keys(mapAt(service, 'depends_on')),
    ...listAt(service, 'depends_on').map(String),
  ];
}
