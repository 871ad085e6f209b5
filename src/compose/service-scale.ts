import { type Model, mapAt, serviceAt } from './model.ts';

/** How many containers of a service are wanted. `scales` is what `--scale` says, which goes before the file. */
export function scaleOf(project: Model, name: string, scales: ReadonlyMap<string, number>): number {
  const service = serviceAt(project, name);
  const inFile = service['scale'] ?? mapAt(service, 'deploy')['replicas'] ?? 1;
  return scales.get(name) ?? Number(inFile);
}
