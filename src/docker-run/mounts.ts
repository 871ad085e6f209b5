import { resolve } from 'node:path';
import { escapeDollars, type Model, type Value } from '../compose/model.ts';
import { misused } from './misused.ts';

/** A volume with a name of its own: it stays when the container goes, as `docker run` has it. */
export interface NamedVolume {
  readonly name: string;
  readonly driver?: string;
  readonly driverOptions?: readonly string[];
  readonly labels?: readonly string[];
}

export interface Mount {
  /** As a Compose service has it. */
  readonly model: Model;
  readonly volume?: NamedVolume;
}

const propagations = /^r?(shared|slave|private)$/;
/** Of Docker on a Mac, where Docker itself has given them up. */
const consistencies = ['consistent', 'cached', 'delegated'];

/** `-v SOURCE:TARGET:MODE`, `-v TARGET`. A path of this machine that is not there is made, as Docker does. */
export function parseVolume(given: string, directory: string, driver?: string): Mount {
  const parts = given.split(':');
  const [source, target, mode = ''] = parts.length === 1 ? [undefined, ...parts] : parts;
  if (parts.length > 3 || source === '' || !target?.startsWith('/')) {
    throw misused(`--volume is [SOURCE:]TARGET[:MODE] with an absolute TARGET, not ${given}`);
  }
  const modes = mode.split(',').filter((one) => one !== '');
  const isBind = source !== undefined && /^[/.~]/.test(source);
  const kind = isBind ? bindModes(modes, given) : volumeModes(modes, given);
  const common = {
    target: escapeDollars(target),
    ...(modes.includes('ro') ? { read_only: true } : {}),
  };
  if (isBind) {
    const path = escapeDollars(resolve(directory, source));
    const bind = { create_host_path: true, ...kind };
    return { model: { type: 'bind', source: path, ...common, bind } };
  }
  const volume = Object.keys(kind).length > 0 ? { volume: kind } : {};
  if (source === undefined) return { model: { type: 'volume', ...common, ...volume } };
  return {
    model: { type: 'volume', source: volumeName(source), ...common, ...volume },
    volume: { name: source, ...(driver === undefined ? {} : { driver }) },
  };
}

function bindModes(modes: readonly string[], given: string): Model {
  const known: Record<string, Value> = {};
  for (const mode of modes) {
    if (propagations.test(mode)) known['propagation'] = mode;
    else if (mode === 'z' || mode === 'Z') known['selinux'] = mode;
    else refuseMode(mode, given);
  }
  return known;
}

function volumeModes(modes: readonly string[], given: string): Model {
  for (const mode of modes) if (mode !== 'nocopy') refuseMode(mode, given);
  return modes.includes('nocopy') ? { nocopy: true } : {};
}

function refuseMode(mode: string, given: string): void {
  if (mode === 'ro' || mode === 'rw' || consistencies.includes(mode)) return;
  throw misused(`--volume ${given} has a mode that is not known there: ${mode}`);
}

export function volumeName(name: string): string {
  if (/^[a-zA-Z0-9][\w.-]*$/.test(name)) return name;
  throw misused(`${name} is no name of a volume; a path of this machine begins with / or .`);
}
