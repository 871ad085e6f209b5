import net from 'node:net';
import { type AgentConfig, PROTOCOL_VERSION } from '../src/protocol/launch.ts';
import type { SessionKey } from '../src/protocol/preamble.ts';

/** All that the agent is told, by its pod's environment. */
export interface AgentSettings {
  readonly config: AgentConfig;
  readonly key: SessionKey;
  readonly podAddress: string;
  readonly hostAddress: string;
  /** Of the API server's Service, as Kubernetes tells every container. */
  readonly apiServer: string | undefined;
}

const LINGER_DEFAULT_MS = 40_000;

/** Reads the environment. Throws naming the setting that is not as it must be, never the value of a secret one. */
export function readSettings(environment: NodeJS.ProcessEnv): AgentSettings {
  const { KDEV_CONFIG, KDEV_KEY_ID, KDEV_KEY, KDEV_POD_IP, KDEV_HOST_IP } = environment;
  return {
    config: parseConfig(KDEV_CONFIG),
    key: { id: parseKeyId(KDEV_KEY_ID), secret: parseSecret(KDEV_KEY) },
    podAddress: parseAddress(KDEV_POD_IP, 'KDEV_POD_IP'),
    hostAddress: parseAddress(KDEV_HOST_IP, 'KDEV_HOST_IP'),
    apiServer: environment['KUBERNETES_SERVICE_HOST'],
  };
}

function parseConfig(json: string | undefined): AgentConfig {
  const given = record(json === undefined ? undefined : JSON.parse(json), 'KDEV_CONFIG');
  if (given['protocol'] !== PROTOCOL_VERSION) {
    throw new Error(`this image speaks protocol ${PROTOCOL_VERSION}, kdev ${given['protocol']}`);
  }
  const target = record(given['target'], 'target');
  const { lingerMs = LINGER_DEFAULT_MS } = given;
  check(isPort(given['tunnelPort']), 'tunnelPort');
  check(Number.isInteger(lingerMs) && Number(lingerMs) >= 0, 'lingerMs');
  return {
    protocol: PROTOCOL_VERSION,
    session: text(given['session'], 'session', /^[a-z0-9]{1,16}$/),
    tunnelPort: Number(given['tunnelPort']),
    target: {
      namespace: text(target['namespace'], 'target.namespace', /./),
      pod: text(target['pod'], 'target.pod', /./),
      container: text(target['container'], 'target.container', /./),
      containerId: text(target['containerId'], 'target.containerId', /^[0-9a-f]{64}$/),
    },
    probePorts: ports(given['probePorts'] ?? [], 'probePorts'),
    lingerMs: Number(lingerMs),
  };
}

function parseKeyId(value: string | undefined): string {
  if (!/^[0-9a-f]{32}$/.test(value ?? '')) throw new Error('KDEV_KEY_ID is not 32 hex digits');
  return value ?? '';
}

function parseSecret(value: string | undefined): Buffer {
  const secret = Buffer.from(value ?? '', 'base64');
  if (secret.length !== 32) throw new Error('KDEV_KEY is not 32 bytes in base64');
  return secret;
}

function parseAddress(value: string | undefined, name: string): string {
  if (net.isIP(value ?? '') === 0) throw new Error(`${name} is not an IP address`);
  return value ?? '';
}

function record(value: unknown, key: string): Record<string, unknown> {
  check(value instanceof Object && !Array.isArray(value), key);
  return Object.fromEntries(Object.entries(Object(value)));
}

function text(value: unknown, key: string, form: RegExp): string {
  check(typeof value === 'string' && form.test(value), key);
  return String(value);
}

function ports(value: unknown, key: string): readonly number[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [undefined];
  check(list.every(isPort), key);
  return list.map(Number);
}

function isPort(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;
}

function check(holds: boolean, key: string): void {
  if (!holds) throw new Error(`KDEV_CONFIG: ${key} is not as it must be`);
}
