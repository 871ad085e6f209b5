import { namedServices } from '../compose/command-line.ts';
import { mapAt } from '../compose/model.ts';
import { type PublishedPort, publishedPorts } from '../compose/published-ports.ts';
import { servicesInPlay } from '../compose/services-in-play.ts';
import type { Work } from './work.ts';

const publishing = new Set(['up', 'start', 'restart', 'watch']);

/** The ports that the command is about to publish; `run` publishes none by itself. */
export function portsToPublish({
  project,
  commandLine,
}: Pick<Work, 'project' | 'commandLine'>): readonly PublishedPort[] {
  const { command = '', rest } = commandLine;
  if (!publishing.has(command)) return [];
  const named = namedServices(commandLine, Object.keys(mapAt(project.model, 'services')));
  const isAlone = command === 'start' || command === 'restart' || rest.includes('--no-deps');
  const starting = isAlone && named.length > 0 ? named : servicesInPlay(project, named);
  return publishedPorts(project.model, starting);
}
