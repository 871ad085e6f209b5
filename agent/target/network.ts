import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { AgentApi } from '../../src/protocol/messages.ts';

type Network = AgentApi['target.network']['answer'];

/** Of each kind; more would say nothing new. */
const MAX = 64;

export interface NetworkSources {
  /** The route table of the target's network namespace, `/proc/<pid>/net/route`. */
  readonly routes: string;
  readonly nameservers: readonly string[];
  /** Where the API server is, as every container of a cluster is told. */
  readonly apiServer: string | undefined;
}

/** What can be seen of the cluster's addresses from the target's network, which this process has entered. */
export function readNetwork(sources: NetworkSources): Network {
  const own = Object.values(os.networkInterfaces())
    .flatMap((infos) => infos ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .flatMap(({ cidr }) => cidr ?? []);
  const { nameservers, apiServer = '' } = sources;
  const services = [...nameservers, apiServer].filter((address) => address !== '');
  return {
    pods: [...new Set([...parseRoutes(sources.routes), ...own])].slice(0, MAX),
    services: [...new Set(services)].slice(0, MAX),
  };
}

export function readRoutes(proc: string, pid: number): string {
  return readFileSync(`${proc}/${pid}/net/route`, 'latin1');
}

/** proc(5): the networks of a table of routes, but for the default one and those of a single link. */
export function parseRoutes(text: string): readonly string[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .map(([, network = '', , , , , , mask = '']) => ({ network, mask }))
    .filter(({ network, mask }) => isWord(network) && isWord(mask) && !/^0+$/.test(mask))
    .map(({ network, mask }) => `${dotted(network)}/${bits(mask)}`)
    .filter((cidr) => !cidr.startsWith('169.254.'));
}

function isWord(text: string): boolean {
  return /^[0-9A-F]{8}$/i.test(text);
}

/** In the machine's byte order, which is little-endian wherever we run. */
function dotted(word: string): string {
  return [...Buffer.from(word, 'hex')].reverse().join('.');
}

function bits(mask: string): number {
  return Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length;
}
