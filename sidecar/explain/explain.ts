import net from 'node:net';
import { DNS_TYPE, splitName } from '../../src/protocol/dns-message.ts';
import type { DecidedBy, ExplainQuestion, Explanation, Tried } from '../../src/protocol/launch.ts';
import type { AgentApi } from '../../src/protocol/messages.ts';
import { chooseResolver } from '../dns/choose-resolver.ts';
import type { LocalWorld } from '../dns/local-world.ts';
import type { CallAgent, ShownFiles } from '../files/show-files.ts';
import type { PodAddress } from '../outgoing/pod-address.ts';
import type { RouteRule } from '../outgoing/route-rules.ts';
import { attempt } from './try.ts';

const STAT_MS = 4_000;
/** Of a name with many addresses so many are tried. */
const ADDRESSES_MAX = 4;
const DNS_PORT = 53;
const namesRule =
  "port 53 of any address is the names', of the pod's resolver: see the name itself";
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;

type ConnectionQuestion = Extract<ExplainQuestion, { readonly kind: 'connection' }>;

export interface ExplainParts {
  readonly world: Pick<LocalWorld, 'ruleOfName' | 'ruleOf' | 'addressesInHosts'>;
  readonly podAddress: Pick<PodAddress, 'ipv6'>;
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
      const addresses = await explainAddresses([host], { ...question, names: [] }, parts);
      return { kind: 'connection', addresses };
    }
    const { addresses, ...tried } = await parts.lookUp(host);
    return {
      kind: 'connection',
      name: { ...explainName(host, parts), lookup: tried },
      addresses: await explainAddresses(
        addresses.slice(0, ADDRESSES_MAX),
        { ...question, names: [nameOf(host)] },
        parts,
      ),
    };
  };
}

function explainName(host: string, { world }: ExplainParts) {
  if (world.addressesInHosts(host).length > 0) {
    return { answeredBy: 'hosts file', rule: 'it stands in /etc/hosts of the service' } as const;
  }
  const name = nameOf(host);
  const labels = splitName(host) ?? [];
  const question = { id: 0, opcode: 0, labels, name, type: DNS_TYPE.A, class: 1, end: 0 };
  const answeredBy = chooseResolver(question, world);
  return { answeredBy, ...ruleWords(world.ruleOfName(name)) };
}

function nameOf(host: string): string {
  return (splitName(host) ?? []).join('.').toLowerCase();
}

const NO_IPV6 = {
  'not in the pod': { route: 'agent', rule: 'default; the pod has no IPv6 address' },
  'switched off here': {
    route: 'refused',
    rule: 'IPv6 is switched off on lo, see troubleshooting.md',
  },
} as const;

type Asked = Pick<ConnectionQuestion, 'port' | 'transport'> & { readonly names: readonly string[] };

async function explainAddresses(addresses: readonly string[], asked: Asked, parts: ExplainParts) {
  const { port, transport } = asked;
  const isTried = transport === undefined; // a datagram to whoever listens there might do something
  return await Promise.all(
    addresses.map(async (address) => {
      const decided = routeOf(address, asked, parts);
      // It would answer for whatever address.
      const isName = decided.rule === namesRule;
      return {
        address,
        ...decided,
        ...(port === undefined || !isTried || isName
          ? {}
          : { connect: await parts.connectTo(address, port) }),
      };
    }),
  );
}

function routeOf(
  address: string,
  { transport, port, names }: Asked,
  { world, podAddress }: ExplainParts,
) {
  const rule = world.ruleOf({
    address,
    names,
    protocol: transport ?? 'tcp',
    ...(port === undefined ? {} : { port }),
  });
  if ('own' in rule) return { route: 'local', rule: `${rule.own} is reached directly` } as const;
  if (rule.route === 'agent' && net.isIPv6(address) && podAddress.ipv6 !== 'carried') {
    return NO_IPV6[podAddress.ipv6];
  }
  if (rule.route === 'agent' && port === DNS_PORT) {
    return { route: 'agent', rule: namesRule } as const;
  }
  return { route: rule.route, ...ruleWords(rule) };
}

function ruleWords({ list, pattern: { text } }: RouteRule): DecidedBy {
  switch (list) {
    case 'project':
      return { rule: 'a name of the compose project' };
    case 'network':
      return { rule: `${text} is reached directly` };
    case 'default':
      return { rule: 'default' };
    default:
      return { rule: `${list} ${text}`, filter: { list, pattern: text } };
  }
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
