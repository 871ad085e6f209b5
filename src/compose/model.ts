/*
 * A compose project as Compose itself resolved it, kept untyped: what kdev does not know must survive the rendering.
 */
export type Value = null | boolean | number | string | readonly Value[] | Model;
export interface Model {
  readonly [key: string]: Value;
}

export function isModel(value: unknown): value is Model {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The map under a key; an empty one where there is none. */
export function mapAt(model: Model, key: string): Model {
  const value = model[key];
  return isModel(value) ? value : {};
}

/** The list under a key; an empty one where there is none. */
export function listAt(model: Model, key: string): readonly Value[] {
  const value = model[key];
  return Array.isArray(value) ? value : [];
}

export function textAt(model: Model, key: string): string | undefined {
  const value = model[key];
  return typeof value === 'string' ? value : undefined;
}

export function serviceAt(project: Model, service: string): Model {
  return mapAt(mapAt(project, 'services'), service);
}

/** The same map without some of its keys. */
export function without(model: Model, keys: Iterable<string>): Model {
  const gone = new Set(keys);
  return Object.fromEntries(Object.entries(model).filter(([key]) => !gone.has(key)));
}

/** `$` starts a variable in a compose file; doubled it is itself. */
export function escapeDollars(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** A value of a resolved project as the user meant it: `docker compose config` doubles every `$`. */
export function unescapeDollars(value: unknown): unknown {
  return mapTexts(value, { value: single, key: (key) => key });
}

/** Compose doubles the `$` of keys too, and does not take them for variables when it reads them again. */
export function unescapeKeys(model: Model): Model {
  const mapped = mapTexts(model, { value: (text) => text, key: single });
  return isModel(mapped) ? mapped : {};
}

function single(text: string): string {
  return text.replaceAll('$$', '$');
}

function mapTexts(
  value: unknown,
  change: { value: (text: string) => string; key: (text: string) => string },
): unknown {
  if (typeof value === 'string') return change.value(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (!isModel(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [change.key(key), mapTexts(inner, change)]),
  );
}

/**
 * A project as text for `docker compose -f`. JSON is YAML, but for a few characters that YAML takes as line breaks or
 * does not allow unescaped.
 */
export function serializeProject(project: Model): string {
  return `${JSON.stringify(project, undefined, 2).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}\n`;
}
