import { isModel, listAt, type Model, mapAt, textAt } from '../compose/model.ts';
import type { ServiceTraits } from './guess-target.ts';

/** What the services of a resolved project tell of themselves. */
export function serviceTraits(project: Model): readonly ServiceTraits[] {
  return Object.entries(mapAt(project, 'services')).flatMap(([name, service]) =>
    isModel(service) ? [traitsOf(name, service)] : [],
  );
}

function traitsOf(name: string, service: Model): ServiceTraits {
  const published = listAt(service, 'ports').flatMap((port) =>
    isModel(port) && (port['protocol'] ?? 'tcp') === 'tcp' ? [Number(port['target'])] : [],
  );
  const exposed = listAt(service, 'expose').flatMap((port) => {
    const [, number] = /^(\d+)(?:\/tcp)?$/.exec(String(port)) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
  return {
    name,
    image: textAt(service, 'image'),
    isBuilt: service['build'] !== undefined,
    ports: [...new Set([...published, ...exposed])],
  };
}
