import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import Docker from 'dockerode';
import { engineUnreachable } from '../errors/engine-unreachable.ts';
import { type KdevError, kdevError } from '../errors/kdev-error.ts';
import { type DockerEndpoint, findEndpoint } from './endpoint.ts';

/** Docker Engine 26: `volume.subpath`. */
const leastApiVersion = 1.45;
const answerTimeoutMs = 4_000;

/** A Docker engine that has answered. dockerode's types stay in this room. */
export class Engine {
  readonly endpoint: DockerEndpoint;
  /** `amd64`, `arm64`, … of the engine, which need not be this machine's. */
  readonly architecture: string;
  readonly version: string;
  readonly docker: Docker;

  constructor(
    docker: Docker,
    facts: { endpoint: DockerEndpoint; architecture: string; version: string },
  ) {
    this.docker = docker;
    this.endpoint = facts.endpoint;
    this.architecture = facts.architecture;
    this.version = facts.version;
  }

  /** Runs a request; a refusal becomes an error that says what was asked, in the engine's own words. */
  async ask<T>(what: string, request: (docker: Docker) => Promise<T>): Promise<T> {
    try {
      return await request(this.docker);
    } catch (error) {
      throw refusal(what, error, this.endpoint);
    }
  }
}

export async function connectEngine(): Promise<Engine> {
  const endpoint = findEndpoint({
    env: process.env,
    home: homedir(),
    platform: process.platform,
    readFile: readFileIfThere,
  });
  const docker = new Docker(connectionOf(endpoint));
  const answer = await firstAnswer(docker, endpoint);
  const engine = new Engine(docker, {
    endpoint,
    architecture: answer.Arch,
    version: answer.Version,
  });
  if (Number(answer.ApiVersion) >= leastApiVersion) return engine;
  throw kdevError('DOCKER_TOO_OLD', {
    fact: `Docker Engine ${answer.Version} is too old: kdev needs 26 or newer`,
    evidence: `the engine at ${endpoint.url} speaks API ${answer.ApiVersion}`,
    hints: [{ who: 'you', text: 'update Docker Engine to 26 or newer' }],
  });
}

async function firstAnswer(docker: Docker, endpoint: DockerEndpoint) {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${answerTimeoutMs / 1000} s`)),
      answerTimeoutMs,
    );
  });
  try {
    return await Promise.race([docker.version(), tooLate]);
  } catch (error) {
    throw refusal('say its version', error, endpoint);
  } finally {
    clearTimeout(timer);
  }
}

function connectionOf({ url, tls }: DockerEndpoint): Docker.DockerOptions {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/.exec(url) ?? [];
  if (scheme === 'unix') return { socketPath: rest };
  if (scheme === 'npipe') return { socketPath: rest.replace(/^\/\/\//, '//') };
  if (['tcp', 'http', 'https'].includes(scheme)) {
    const { hostname, port } = new URL(`http://${rest}`);
    const protocol = tls || scheme === 'https' ? 'https' : 'http';
    return { host: hostname, port: port || (tls ? 2376 : 2375), protocol, ...tls };
  }
  throw kdevError('DOCKER_NOT_RUNNING', {
    fact: `kdev cannot reach a Docker engine by ${scheme || 'such an address'}:// yet`,
    evidence: url,
    hints: [
      {
        who: 'you',
        text: 'use an engine behind a unix socket or tcp://, or forward its socket to this machine',
      },
    ],
  });
}

const notThere = new Set([
  ...['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['ENOTFOUND', 'EAI_AGAIN'],
]);

function refusal(what: string, cause: unknown, endpoint: DockerEndpoint): KdevError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const where = `the engine at ${endpoint.url} (${endpoint.from})`;
  const said = cause instanceof Error ? saidBy(cause) : String(cause);
  if (code === 'EACCES' || code === 'EPERM') {
    return kdevError('DOCKER_FORBIDDEN', {
      fact: `you may not use ${where}`,
      evidence: said,
      hints: [
        { who: 'you', text: 'then log in again', command: 'sudo usermod -aG docker "$USER"' },
      ],
      cause,
    });
  }
  if (notThere.has(code) || /^no answer within/.test(said)) {
    return engineUnreachable({
      fact: `${where} does not answer`,
      evidence: said,
      from: endpoint.from,
      cause,
    });
  }
  return kdevError('DOCKER_FAILED', {
    fact: `Docker could not ${what}`,
    evidence: said,
    hints: [{ who: 'you', text: 'shows the engine’s state', command: 'docker info' }],
    cause,
  });
}

/** The engine's own message without dockerode's frame around it. */
function saidBy(error: Error): string {
  const json = 'json' in error ? error.json : undefined;
  const message = typeof json === 'object' && json !== null && 'message' in json && json.message;
  return typeof message === 'string' ? message : error.message.trim();
}

function readFileIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
