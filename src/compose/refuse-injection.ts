import { type KdevError, kdevError } from '../errors/kdev-error.ts';
import { isOlder } from './compose-version.ts';
import type { LineOf } from './locate-key.ts';
import { isModel, listAt, type Model, mapAt, serviceAt, textAt } from './model.ts';
import type { ResolvedProject } from './read-project.ts';

/** From this version on Compose copies secrets and configs into a container that is about to start, not one just made. */
const copiesBeforeStart = [2, 37, 3];

/**
 * A secret of a variable and a config of a text are copied into the service's container. An older Compose does that
 * before the sidecar runs: the volume of the pod's files is empty, and Docker cannot mount parts of it.
 */
export function injectionError(
  name: string,
  {
    model,
    xKdev,
    version,
    locate,
  }: Pick<ResolvedProject, 'model' | 'xKdev' | 'version' | 'locate'>,
  line: LineOf,
): KdevError | undefined {
  if (!isOlder(version, copiesBeforeStart)) return undefined;
  if (!showsFiles(xKdev.services.get(name), xKdev.project)) return undefined;
  const found = copied(model, name);
  if (found === undefined) return undefined;
  const { list, source, key } = found;
  const declared = locate([list, source, key]);
  const where = declared === undefined ? line(list) : ` (${declared})`;
  return kdevError('INJECTION_REFUSED', {
    fact: `service ${name} has x-kdev and the ${list.slice(0, -1)} ${source}, whose ${key}${where} Compose ${version.join('.')} copies into the container before the pod's files are there`,
    hints: [
      { who: 'you', text: `update Compose to ${copiesBeforeStart.join('.')} or newer` },
      { who: 'you', text: `or give ${source} by file: instead of ${key}:` },
      { who: 'you', text: `or do without the pod's files: "files: off" in x-kdev of ${name}` },
    ],
  });
}

function showsFiles(own: unknown, ofProject: unknown): boolean {
  const files = [own, ofProject].flatMap((place) =>
    isModel(place) && place['files'] !== undefined ? [place['files']] : [],
  )[0];
  if (!isModel(files)) return files !== 'off';
  return textAt(files, 'mounts') !== 'off' || (files['read'] ?? null) !== null;
}

function copied(model: Model, name: string) {
  for (const list of ['secrets', 'configs']) {
    for (const entry of listAt(serviceAt(model, name), list)) {
      const source = String(Object(entry).source);
      const declared = mapAt(mapAt(model, list), source);
      const key = ['environment', 'content'].find((one) => textAt(declared, one) !== undefined);
      if (key !== undefined) return { list, source, key };
    }
  }
  return undefined;
}
