import { serviceAt, textAt } from './model.ts';
import type { ResolvedProject } from './read-project.ts';

/** A project, and how Compose puts its containers' names together. */
export type NamedProject = Pick<ResolvedProject, 'model' | 'separator'>;

/** The name by which Docker knows the service's container, on each of its networks. */
export function containerName(
  { model, separator }: NamedProject,
  service: string,
  number = 1,
): string {
  const own = textAt(serviceAt(model, service), 'container_name');
  return own ?? [textAt(model, 'name') ?? '', service, String(number)].join(separator);
}
