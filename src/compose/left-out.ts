import { isModel, type Model, mapAt, serviceAt, without } from './model.ts';

/**
 * Which of these services do not start because others do not: service → the one that it waits for. Compose writes all that
 * a service cannot do without into its depends_on, the one whose network it joins too; what is not required holds nobody up.
 */
export function leftOut(
  model: Model,
  services: Iterable<string>,
  missing: readonly string[],
): ReadonlyMap<string, string> {
  const all = [...services].filter((name) => !missing.includes(name));
  const out = new Map<string, string>();
  for (let before = -1; before < out.size; ) {
    before = out.size;
    for (const name of all.filter((one) => !out.has(one))) {
      const awaited = requiredBy(serviceAt(model, name)).find(
        (one) => missing.includes(one) || out.has(one),
      );
      if (awaited !== undefined) out.set(name, awaited);
    }
  }
  return out;
}

/** The project in which nobody depends on these services: who can do without them starts. */
export function withoutDependencies(project: Model, missing: readonly string[]): Model {
  const services = Object.entries(mapAt(project, 'services')).map(([name, service]) => [
    name,
    isModel(service) && isModel(service['depends_on'])
      ? { ...service, depends_on: without(service['depends_on'], missing) }
      : service,
  ]);
  return { ...project, services: Object.fromEntries(services) };
}

function requiredBy(service: Model): string[] {
  return Object.entries(mapAt(service, 'depends_on')).flatMap(([name, how]) =>
    isModel(how) && how['required'] === false ? [] : [name],
  );
}
