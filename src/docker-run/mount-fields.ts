import { resolve } from 'node:path';
import { escapeDollars, type Value } from '../compose/model.ts';
import { didYouMean } from '../errors/nearest-name.ts';
import { parseFields } from './fields.ts';
import { misused } from './misused.ts';
import { type Mount, type NamedVolume, volumeName } from './mounts.ts';

/** What the value of a field means to a mount that is being put together. */
type Put = (draft: Draft, value: string) => void;

interface Draft {
  type: string;
  readonly model: Record<string, Value>;
  /** The options of its type: `bind`, `volume`, `tmpfs`. */
  readonly options: Record<string, Value>;
  readonly driverOptions: string[];
  readonly labels: string[];
  source?: string;
  driver?: string;
}

const types = ['bind', 'volume', 'tmpfs'];

/** `--mount type=bind,source=/a,target=/b,readonly` */
export function parseMount(given: string, directory: string): Mount {
  const draft: Draft = { type: 'volume', model: {}, options: {}, driverOptions: [], labels: [] };
  for (const [name, value] of parseFields(given, 'mount')) putField(draft, name, value);
  if (draft.model['target'] === undefined) throw misused(`--mount ${given} has no target`);
  return asMount(draft, given, directory);
}

function putField(draft: Draft, name: string, value: string | undefined): void {
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (!field) throw unknownField(name);
  if (value === undefined && !field.isSwitch) throw misused(`--mount: ${name} needs a value`);
  if (field.of !== undefined && field.of !== draft.type) {
    throw misused(`--mount: ${name} is of type=${field.of}, and this one has type=${draft.type}`);
  }
  field.put(draft, value ?? 'true');
}

function asMount(draft: Draft, given: string, directory: string): Mount {
  const { type, source, model, options } = draft;
  const of = Object.keys(options).length > 0 ? { [type]: options } : {};
  if (type === 'tmpfs') return { model: { type, ...model, ...of } };
  if (type === 'bind') {
    if (source === undefined) throw misused(`--mount ${given} has no source`);
    const bind = { create_host_path: false, ...options };
    return { model: { type, source: escapeDollars(resolve(directory, source)), ...model, bind } };
  }
  if (source === undefined) return { model: { type, ...model, ...of } };
  const volume: NamedVolume = {
    name: source,
    ...(draft.driver === undefined ? {} : { driver: draft.driver }),
    driverOptions: draft.driverOptions,
    labels: draft.labels,
  };
  return { model: { type, source: volumeName(source), ...model, ...of }, volume };
}

interface Field {
  readonly put: Put;
  /** The type of mount that alone has it. */
  readonly of?: string;
  /** `readonly` alone means `readonly=true`. */
  readonly isSwitch?: boolean;
}

const source: Field = {
  put: (draft, value) => {
    draft.source = value;
  },
};
const target: Field = {
  put: ({ model }, value) => {
    if (!value.startsWith('/')) throw misused(`--mount: the target is an absolute path: ${value}`);
    model['target'] = escapeDollars(value);
  },
};
const readOnly: Field = {
  isSwitch: true,
  put: ({ model }, value) => put(model, 'read_only', value),
};

const fields: Readonly<Record<string, Field>> = {
  type: { put: (draft, value) => putType(draft, value) },
  source,
  src: source,
  target,
  destination: target,
  dst: target,
  readonly: readOnly,
  ro: readOnly,
  consistency: { put: ({ model }, value) => put(model, 'consistency', value) },
  'bind-propagation': {
    of: 'bind',
    put: ({ options }, value) => put(options, 'propagation', value),
  },
  'volume-nocopy': {
    of: 'volume',
    isSwitch: true,
    put: ({ options }, value) => put(options, 'nocopy', value),
  },
  'volume-subpath': { of: 'volume', put: ({ options }, value) => put(options, 'subpath', value) },
  'volume-driver': {
    of: 'volume',
    put: (draft, value) => {
      draft.driver = value;
    },
  },
  'volume-opt': { of: 'volume', put: ({ driverOptions }, value) => void driverOptions.push(value) },
  'volume-label': { of: 'volume', put: ({ labels }, value) => void labels.push(value) },
  'tmpfs-size': { of: 'tmpfs', put: ({ options }, value) => put(options, 'size', value) },
  'tmpfs-mode': {
    of: 'tmpfs',
    put: ({ options }, value) => {
      options['mode'] = Number.parseInt(value, 8);
    },
  },
};

function put(model: Record<string, Value>, key: string, value: string): void {
  const isYes = value === 'true' || value === '1';
  const isNo = value === 'false' || value === '0';
  model[key] = isYes || isNo ? isYes : escapeDollars(value);
}

function putType(draft: Draft, value: string): void {
  if (!types.includes(value)) throw misused(`--mount has type=bind, volume or tmpfs, not ${value}`);
  draft.type = value;
}

function unknownField(name: string) {
  const meant = didYouMean(name, Object.keys(fields));
  return misused(`--mount has nothing called ${name} that kdev could carry${meant}`);
}
