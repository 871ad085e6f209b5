import { escapeDollars, type Model, type Value } from '../compose/model.ts';
import { parseFields } from './fields.ts';
import { misused } from './misused.ts';
import { toMap, toNumber } from './values.ts';

/** `--gpus all`, `--gpus 2`, `--gpus "device=0,1"`, as a device that a Compose service reserves, beside others. */
export function parseGpus(given: string, others: Model): Model {
  const fields = parseFields(given, 'gpus').map(([name, value]) => fieldOf(name, value));
  const device: Model = Object.assign({ capabilities: ['gpu'] }, ...fields);
  const isCounted = 'count' in device || 'device_ids' in device;
  const devices = [isCounted ? device : { ...device, count: 'all' }];
  return { deploy: { resources: { reservations: { ...others, devices } } } };
}

function fieldOf(name: string, value: string | undefined): Model {
  if (value === undefined) return { count: countOf(name) };
  switch (name) {
    case 'count':
      return { count: countOf(value) };
    case 'driver':
      return { driver: escapeDollars(value) };
    case 'device':
      return { device_ids: value.split(',') };
    case 'capabilities':
      return { capabilities: ['gpu', ...value.split(',')] };
    case 'options':
      return { options: toMap(value.split(',')) };
    default:
      throw misused(`--gpus has nothing called ${name}`);
  }
}

function countOf(value: string): Value {
  return value === 'all' ? 'all' : toNumber(value, 'gpus');
}
