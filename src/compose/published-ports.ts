import { isModel, listAt, type Model, serviceAt, textAt } from './model.ts';

/** A port of the engine's machine that a service publishes. */
export interface PublishedPort {
  readonly service: string;
  /** Undefined for every address. */
  readonly address: string | undefined;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** The fixed ports of these services. Where Docker is free to choose, of all or of a range, there is nothing to say. */
export function publishedPorts(
  project: Model,
  services: Iterable<string>,
): readonly PublishedPort[] {
  return [...services].flatMap((service) =>
    listAt(serviceAt(project, service), 'ports').flatMap((value) => {
      if (!isModel(value)) return [];
      const published = String(value['published'] ?? '');
      const protocol = value['protocol'] ?? 'tcp';
      if (!/^[1-9]\d{0,4}$/.test(published) || (protocol !== 'tcp' && protocol !== 'udp'))
        return [];
      return [{ service, address: textAt(value, 'host_ip'), port: Number(published), protocol }];
    }),
  );
}
