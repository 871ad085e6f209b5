import { PROTOCOL_VERSION, type SidecarConfig } from '../src/protocol/launch.ts';
import { PATTERNS_MAX, parsePattern } from '../src/protocol/pattern.ts';
import { trafficFilter } from '../src/protocol/shapes.ts';

const MODES: readonly unknown[] = ['steal', 'mirror', 'off'];
const HOW: readonly unknown[] = ['materialise', 'fuse', 'socket'];

/** Reads what the session gave in `KDEV_CONFIG`. Throws naming the setting that is not as it must be. */
export function readConfig(json: string | undefined): SidecarConfig {
  if (json === undefined) throw new Error('KDEV_CONFIG is not set');
  const config: unknown = JSON.parse(json);
  const { protocol } = record(config, 'KDEV_CONFIG');
  if (protocol !== PROTOCOL_VERSION) {
    throw new Error(`this image speaks protocol ${PROTOCOL_VERSION}, kdev ${String(protocol)}`);
  }
  assertConfig(config);
  return config;
}

function assertConfig(value: unknown): asserts value is SidecarConfig {
  const { incoming, outgoing, dns, localNames, files, ...rest } = record(value, 'KDEV_CONFIG');
  for (const key of ['session', 'service', 'linkDirectory']) assertText(rest[key], key);
  const { mode, ports, every, flush, filter } = record(incoming, 'incoming');
  check(MODES.includes(mode), 'incoming.mode');
  check(typeof flush === 'boolean', 'incoming.flush');
  if (every !== undefined) {
    const { except } = record(every, 'incoming.every');
    check(list(except, 'incoming.every').every(isPort), 'incoming.every');
  }
  assertPairs(ports, 'incoming.ports');
  check(filter === undefined || trafficFilter(filter) !== undefined, 'incoming.filter');
  for (const [key, lists] of Object.entries({ outgoing, dns })) {
    const { local, remote } = record(lists, key);
    assertPatterns(local, `${key}.local`);
    assertPatterns(remote, `${key}.remote`);
  }
  const ofPod = list(record(outgoing, 'outgoing')['podLoopback'], 'outgoing.podLoopback');
  check(ofPod.length <= PATTERNS_MAX && ofPod.every(isPort), 'outgoing.podLoopback');
  for (const name of list(localNames, 'localNames')) assertText(name, 'localNames');
  assertFiles(files);
}

function assertPairs(pairs: unknown, key: string): void {
  for (const pair of list(pairs, key)) {
    const { target, service, transport } = record(pair, key);
    check(isPort(target) && isPort(service), key);
    check(transport === undefined || transport === 'udp', key);
  }
}

function assertPatterns(value: unknown, key: string): void {
  const patterns = list(value, key);
  check(patterns.length <= PATTERNS_MAX, key);
  for (const text of patterns) {
    check(typeof text === 'string' && !('problem' in parsePattern(text)), key);
  }
}

function assertFiles(value: unknown): void {
  const { materialised, mounted, mounts } = record(value, 'files');
  if (materialised !== undefined) assertText(materialised, 'files.materialised');
  if (mounted !== undefined) assertText(mounted, 'files.mounted');
  for (const mount of list(mounts, 'files.mounts')) {
    const { path, stub, how } = record(mount, 'files.mounts');
    assertText(path, 'files.mounts.path');
    assertText(stub, 'files.mounts.stub');
    check(HOW.includes(how), 'files.mounts.how');
  }
}

function record(value: unknown, key: string): Record<string, unknown> {
  check(value instanceof Object && !Array.isArray(value), key);
  return Object.fromEntries(Object.entries(Object(value)));
}

function list(value: unknown, key: string): readonly unknown[] {
  return Array.isArray(value) ? value : check(false, key);
}

function assertText(value: unknown, key: string): void {
  check(typeof value === 'string' && value !== '', key);
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
}

function check(holds: false, key: string): never;
function check(holds: boolean, key: string): void;
function check(holds: boolean, key: string): void {
  if (!holds) throw new Error(`KDEV_CONFIG: ${key} is not as it must be`);
}
