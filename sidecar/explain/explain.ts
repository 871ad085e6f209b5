import net from 'node:net';
import { DNS_TYPE, splitName } from '../../src/protocol/dns-message.ts';
import type { ExplainQuestion, Explanation, Tried } from '../../src/protocol/launch.ts';
import type { AgentApi } from '../../src/protocol/messages.ts';
import { chooseResolver } from '../dns/choose-resolver.ts';
import type { LocalWorld } from '../dns/local-world.ts';
import type { CallAgent, ShownFiles } from '../files/show-files.ts';
import { findLocalNetwork, type LocalNetworks, whyRefused } from '../outgoing/choose-route.ts';
import { attempt } from './try.ts';

const STAT_MS = 4_000;
/** Of a name with many addresses so many are tried. */
const ADDRESSES_MAX = 4;
const DNS_PORT = 53;
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;

type ConnectionQuestion = Extract<ExplainQuestion, { readonly kind: 'connection' }>;

export interface ExplainParts {
  readonly world: Pick<LocalWorld, 'names' | 'networks' | 'addressesInHosts'>;
  readonly files: Pick<ShownFiles, 'find'>;
  readonly link: { readonly call: CallAgent };
  readonly lookUp: (name: string) => Promise<Tried & { readonly addresses: readonly string[] }>;
  readonly connectTo: (address: string, port: number) => Promise<Tried>;
}

/**
 * Tells where something of the service's goes: by the functions that decide it, and by trying it the way that the service
 * would.
 */
export function createExplain(
  parts: ExplainParts,
): (question: ExplainQuestion) => Promise<Explanation> {
  return async (question) => {
    if (question.kind === 'path') return await explainPath(question.path, parts);
    const { host } = question;
    if (net.isIP(host) !== 0) {
      return { kind: 'connection', addresses: await explainAddresses([host], question, parts) };
    }
    const { addresses, ...tried } = await parts.lookUp(host);
    return {
      kind: 'connection',
      name: { ...explainName(host, parts), lookup: tried },
      addresses: await explainAddresses(addresses.slice(0, ADDRESSES_MAX), question, parts),
    };
  };
}

function explainName(host: string, { world }: ExplainParts) {
  if (world.addressesInHosts(host).length > 0) {
    return { answeredBy: 'hosts file', rule: 'it stands in /etc/hosts of the service' } as const;
  }
  const labels = splitName(host) ?? [];
  const name = labels.join('.').toLowerCase();
  const question = { id: 0, opcode: 0, labels, name, type: DNS_TYPE.A, class: 1, end: 0 };
  const answeredBy = chooseResolver(question, 'service', world);
  return { answeredBy, rule: answeredBy === 'agent' ? 'default' : 'a name of the compose project' };
}

async function explainAddresses(
  addresses: readonly string[],
  asked: Pick<ConnectionQuestion, 'port' | 'transport'>,
  { world, connectTo }: ExplainParts,
) {
  const { port, transport } = asked;
  const isTried = transport === undefined; // a datagram to whoever listens there might do something
  return await Promise.all(
    addresses.map(async (address) => {
      return {
        address,
        ...routeOf(address, asked, world.networks),
        ...(port === undefined || !isTried ? {} : { connect: await connectTo(address, port) }),
      };
    }),
  );
}

function routeOf(
  address: string,
  { port, transport }: Pick<ConnectionQuestion, 'port' | 'transport'>,
  networks: LocalNetworks,
) {
  const network = findLocalNetwork(address, networks);
  if (network !== undefined) {
    return { route: 'local', rule: `${network} is reached directly` } as const;
  }
  const refused = whyRefused(address);
  if (refused !== undefined) return { route: 'refused', rule: refused } as const;
  if (transport === 'udp' && port === DNS_PORT) {
    return { route: 'agent', rule: 'port 53 is asked as a name, see the name itself' } as const;
  }
  return { route: 'agent', rule: 'default' } as const;
}

async function explainPath(path: string, { files, link }: ExplainParts): Promise<Explanation> {
  const found = files.find(path);
  let attributes: AgentApi['files.stat']['answer']['attributes'] | undefined;
  const tried = await attempt(STAT_MS, async () => {
    const args = { path: Buffer.from(path).toString('latin1'), follow: true };
    attributes = (await link.call('files.stat', args, { timeoutMs: STAT_MS })).body.attributes;
  });
  return {
    kind: 'path',
    ...(found && {
      shown: {
        path: found.plan.path,
        how: found.plan.how,
        ...(found.missing === undefined ? {} : { missing: found.missing }),
      },
    }),
    inPod: {
      ...tried,
      ...(attributes && { type: typeOf(attributes.mode), bytes: attributes.size }),
    },
  };
}

function typeOf(mode: number): 'file' | 'directory' | 'other' {
  if ((mode & S_IFMT) === S_IFREG) return 'file';
  return (mode & S_IFMT) === S_IFDIR ? 'directory' : 'other';
}
