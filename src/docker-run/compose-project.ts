import { escapeDollars, type Model, type Value } from '../compose/model.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { parseEnvFile } from './env-file.ts';
import { parseGpus } from './gpus.ts';
import { misused } from './misused.ts';
import { parseMount } from './mount-fields.ts';
import { type Mount, type NamedVolume, parseVolume } from './mounts.ts';
import { networksOf } from './networks.ts';
import { dockerOptions } from './options.ts';
import { allOf, type Given, lastOf } from './parse-words.ts';
import { toMap } from './values.ts';

/** A container as `docker run` was asked for it. */
export interface AskedContainer {
  readonly given: Given;
  readonly image: string;
  readonly command: readonly string[];
  /** What of kdev's settings no flag says. */
  readonly xKdev: Model;
}

export interface Place {
  /** Of the Compose project and its one service. */
  readonly project: string;
  readonly service: string;
  readonly containerName: string;
  /** What paths are relative to. */
  readonly directory: string;
  readonly readFile: (path: string) => string;
  /** Labels beside the user's. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface RunProject {
  readonly model: Model;
  /** They are to be there before the project is: they are not the project's, and stay. */
  readonly volumes: readonly NamedVolume[];
}

/** The Compose project of one service that means what `docker run` was asked for, with an x-kdev. */
export function composeProject(asked: AskedContainer, place: Place): RunProject {
  const { given, image, command, xKdev } = asked;
  refuseOptions(given);
  const mounts = mountsOf(given, place);
  const networks = networksOf(given);
  const volumes = mounts.flatMap(({ volume }) => volume ?? []);
  const service = {
    ...carried(given),
    ...networks.service,
    image: escapeDollars(image),
    container_name: place.containerName,
    ...(command.length > 0 ? { command: command.map(escapeDollars) } : {}),
    ...gpusOf(given),
    labels: { ...labelsOf(given, place), ...place.labels },
    environment: environmentOf(given, place),
    volumes: mounts.map(({ model }) => model),
    'x-kdev': xKdev,
  };
  return {
    model: {
      name: place.project,
      services: { [place.service]: service },
      ...networks.project,
      volumes: Object.fromEntries(volumes.map(({ name }) => [name, { name, external: true }])),
    },
    volumes,
  };
}

function refuseOptions(given: Given): void {
  for (const { name, refused } of dockerOptions) {
    const value = lastOf(given, name);
    if (value === undefined || !refused || value === refused.unless) continue;
    throw kdevError('RUN_OPTION_REFUSED', {
      fact: `kdev run cannot take --${name}: ${refused.why}`,
      hints: [{ who: 'you', text: refused.instead }],
    });
  }
}

/** The options that are one key of a Compose service each. */
function carried(given: Given): Model {
  const service: Record<string, Value> = {};
  for (const { name, key, carry } of dockerOptions) {
    const values = given.get(name);
    if (!values || key === undefined || !carry) continue;
    const [outer = '', inner] = key.split('.');
    const value = carry(values, name);
    service[outer] = inner === undefined ? value : { ...Object(service[outer]), [inner]: value };
  }
  return service;
}

function mountsOf(given: Given, { directory }: Place): readonly Mount[] {
  const driver = lastOf(given, 'volume-driver');
  const mounts = [
    ...allOf(given, 'volume').map((volume) => parseVolume(volume, directory, driver)),
    ...allOf(given, 'mount').map((mount) => parseMount(mount, directory)),
  ];
  if (
    driver !== undefined &&
    mounts.some(({ volume, model }) => model['type'] === 'volume' && !volume)
  ) {
    throw misused('--volume-driver is for volumes with a name: -v NAME:TARGET');
  }
  return mounts;
}

function gpusOf(given: Given): Model {
  const gpus = lastOf(given, 'gpus');
  // Compose wants what is reserved in one place.
  const memory = carried(given)['mem_reservation'];
  return gpus === undefined ? {} : parseGpus(gpus, memory === undefined ? {} : { memory });
}

/** A name alone has this machine's value, which Compose fills in; where there is none, it is taken from the image's. */
function environmentOf(given: Given, { readFile }: Place): Model {
  const files = allOf(given, 'env-file').flatMap((path) => parseEnvFile(readFile(path), path));
  return Object.fromEntries(
    [...files, ...allOf(given, 'env')].map((entry): [string, Value] => {
      const [name = '', ...value] = entry.split('=');
      if (name === '') throw misused(`--env is NAME or NAME=VALUE, not ${entry}`);
      return [name, value.length > 0 ? escapeDollars(value.join('=')) : null];
    }),
  );
}

function labelsOf(given: Given, { readFile }: Place): Model {
  const files = allOf(given, 'label-file').flatMap((path) => parseEnvFile(readFile(path), path));
  return toMap([...files, ...allOf(given, 'label')]);
}
