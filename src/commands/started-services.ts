import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { servicesInPlay } from '../compose/services-in-play.ts';
import type { Work } from './work.ts';

/** The services that a command starts: those that it names or all, and, unless it says no, what they depend on. */
export function startedServices({
  project,
  commandLine,
}: Pick<Work, 'project' | 'commandLine'>): ReadonlySet<string> {
  const named = namedServices(commandLine, Object.keys(mapAt(project.model, 'services')));
  const isAlone = named.length > 0 && commandLine.rest.includes('--no-deps');
  return isAlone ? new Set(named) : servicesInPlay(project, named);
}
