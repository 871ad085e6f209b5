import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { engineUnreachable } from '../errors/engine-unreachable.ts';

/** Where the Docker engine listens, found as the docker CLI finds it, and what said so. */
export interface DockerEndpoint {
  /** `unix:///…`, `npipe:///…`, `tcp://host:port`, `ssh://…`. */
  readonly url: string;
  readonly from: string;
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer };
}

export interface EndpointSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** A file's bytes, or undefined where it does not exist. */
  readonly readFile: (path: string) => Buffer | undefined;
}

/** DOCKER_HOST, else DOCKER_CONTEXT, else the current context of `docker context use`, else the platform's default. */
export function findEndpoint(sources: EndpointSources): DockerEndpoint {
  const { env, platform } = sources;
  const host = env['DOCKER_HOST'];
  if (host) return fromHost(host, sources);
  const chosen = env['DOCKER_CONTEXT'];
  const context = chosen || currentContext(sources);
  if (context && context !== 'default') {
    return fromContext(context, chosen ? 'DOCKER_CONTEXT' : 'docker context', sources);
  }
  const url =
    platform === 'win32' ? 'npipe:////./pipe/docker_engine' : 'unix:///var/run/docker.sock';
  return { url, from: 'default' };
}

function fromHost(host: string, sources: EndpointSources): DockerEndpoint {
  const url = host.includes('://') ? host : `tcp://${host}`;
  const { env, home } = sources;
  const from = 'DOCKER_HOST';
  if (!url.startsWith('tcp://') || !env['DOCKER_TLS_VERIFY']) return { url, from };
  return { url, from, tls: readTls(env['DOCKER_CERT_PATH'] || join(home, '.docker'), sources) };
}

function fromContext(name: string, from: string, sources: EndpointSources): DockerEndpoint {
  const id = createHash('sha256').update(name).digest('hex');
  const contexts = join(configFolder(sources), 'contexts');
  const meta = sources.readFile(join(contexts, 'meta', id, 'meta.json'));
  const url = meta && dockerHostOf(meta);
  if (!url) {
    throw engineUnreachable({
      fact: `the Docker context ${name} does not exist or names no engine`,
      evidence: `chosen by ${from}`,
      from,
    });
  }
  const tls = readTls(join(contexts, 'tls', id, 'docker'), sources);
  return { url, from: `${from} ${name}`, ...(tls.ca || tls.cert ? { tls } : {}) };
}

function currentContext(sources: EndpointSources): string | undefined {
  const file = sources.readFile(join(configFolder(sources), 'config.json'));
  const name = file && field(parseJson(file), 'currentContext');
  return typeof name === 'string' ? name : undefined;
}

function configFolder({ env, home }: EndpointSources): string {
  return env['DOCKER_CONFIG'] || join(home, '.docker');
}

function dockerHostOf(meta: Buffer): string | undefined {
  const host = field(field(field(parseJson(meta), 'Endpoints'), 'docker'), 'Host');
  return typeof host === 'string' ? host : undefined;
}

function readTls(folder: string, { readFile }: EndpointSources) {
  const ca = readFile(join(folder, 'ca.pem'));
  const cert = readFile(join(folder, 'cert.pem'));
  const key = readFile(join(folder, 'key.pem'));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
