import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { type PublishedPort, publishedPorts } from '../compose/published-ports.ts';
import { startedServices } from './started-services.ts';
import type { Work } from './work.ts';

const publishing = new Set(['up', 'start', 'restart', 'watch']);

/** The ports that the command is about to publish; `run` publishes none by itself. */
export function portsToPublish({
  project,
  commandLine,
}: Pick<Work, 'project' | 'commandLine'>): readonly PublishedPort[] {
  const { command = '' } = commandLine;
  if (!publishing.has(command)) return [];
  const named = namedServices(commandLine, Object.keys(mapAt(project.model, 'services')));
  const isAsNamed = named.length > 0 && (command === 'start' || command === 'restart');
  const starting = isAsNamed ? named : startedServices({ project, commandLine });
  return publishedPorts(project.model, starting);
}
