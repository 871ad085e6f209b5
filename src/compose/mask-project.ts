import { isModel, type Model, mapAt, unescapeDollars, type Value } from './model.ts';

/** The places of a project that hold values rather than structure. */
interface ValuesOf {
  readonly masked: Model;
  /** What was masked. */
  readonly secrets: readonly string[];
}

/** A project that can be shown to others: variables, build arguments and contents by their names only. */
export function maskProject(model: Model, mask: string): ValuesOf {
  const secrets: string[] = [];
  const hide = (value: Value): Value => {
    if (value === null || value === '') return value;
    secrets.push(String(unescapeDollars(value)));
    return mask;
  };
  const hideMap = (map: Model): Model => mapValues(map, hide);
  const masked = {
    ...model,
    ...inEach(model, 'services', (service) => ({
      ...service,
      ...inside(service, 'environment', hideMap),
      ...inside(service, 'build', (build) => ({ ...build, ...inside(build, 'args', hideMap) })),
      ...inside(service, 'x-kdev', (xKdev) => maskXKdev(xKdev, hideMap)),
    })),
    ...inEach(model, 'configs', (config) => maskContent(config, hide)),
    ...inEach(model, 'secrets', (secret) => maskContent(secret, hide)),
    ...inside(model, 'x-kdev', (xKdev) => maskXKdev(xKdev, hideMap)),
  };
  return { masked, secrets };
}

function maskXKdev(xKdev: Model, hideMap: (map: Model) => Model): Model {
  return {
    ...xKdev,
    ...inside(xKdev, 'env', (env) => ({ ...env, ...inside(env, 'override', hideMap) })),
  };
}

function maskContent(entry: Model, hide: (value: Value) => Value): Model {
  const { content } = entry;
  return content === undefined ? entry : { ...entry, content: hide(content) };
}

/** The changed map under its key; nothing where there is none. */
function inside(model: Model, key: string, change: (map: Model) => Model): Model {
  return isModel(model[key]) ? { [key]: change(mapAt(model, key)) } : {};
}

function inEach(model: Model, key: string, change: (map: Model) => Model): Model {
  const changeOne = (value: Value): Value => (isModel(value) ? change(value) : value);
  return inside(model, key, (map) => mapValues(map, changeOne));
}

function mapValues(map: Model, change: (value: Value) => Value): Model {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));
}
