import { readFileSync } from 'node:fs';
import { formatAddress } from './ip-address.ts';
import { KernelError } from './kernel-error.ts';
import { SockDiag, TCP_LISTEN, UDP_BOUND } from './sock-diag.ts';

export interface ListeningPort {
  readonly port: number;
  readonly family: 4 | 6;
  /** Where its listeners are bound, in canonical text. */
  readonly addresses: readonly string[];
}

interface Listener {
  readonly port: number;
  readonly address: string;
}

const PROC_STATES = { tcp: '0A', udp: '07' } as const;
const PROC_ROW =
  /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /gm;

/**
 * TCP ports on which something listens in the main thread's network namespace, sorted by port; one entry a port and family. Cheap enough to
 * ask ten times a second: sock_diag walks the listeners alone. Kernels without it are asked through /proc, which walks the table of all
 * connections of the machine (milliseconds).
 */
export function listeningPorts(): ListeningPort[] {
  return portsOf('tcp');
}

/** The same of UDP: ports of sockets that are bound and take datagrams from anybody. Walks the machine's table of UDP sockets. */
export function boundUdpPorts(): ListeningPort[] {
  return portsOf('udp');
}

type Transport = 'tcp' | 'udp';

function portsOf(transport: Transport): ListeningPort[] {
  const ports = ([4, 6] as const).flatMap((family) => {
    return merge(listeners(transport, family), family);
  });
  return ports.sort((a, b) => a.port - b.port || a.family - b.family);
}

function listeners(transport: Transport, family: 4 | 6): Listener[] {
  try {
    return askSockDiag(transport, family);
  } catch (error) {
    if (!(error instanceof KernelError) || !isAbsent(error)) throw error;
    const text = readProc(`/proc/net/${transport}${family === 4 ? '' : '6'}`);
    return parseProc(text, transport);
  }
}

function isAbsent(error: KernelError): boolean {
  return ['ENOENT', 'EPROTONOSUPPORT', 'ENOTSUP', 'EINVAL'].includes(error.code);
}

function askSockDiag(transport: Transport, family: 4 | 6): Listener[] {
  const diag = new SockDiag();
  try {
    const listeners =
      transport === 'udp'
        ? diag.list({ family, states: [UDP_BOUND], transport })
        : diag.list({ family, states: [TCP_LISTEN] });
    return listeners.map(({ port, address }) => ({ port, address: formatAddress(address) }));
  } finally {
    diag.close();
  }
}

/** IPv6 may be switched off: then there is no such file. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** Rows of /proc/net/tcp, udp and their like (Documentation/networking/proc_net_tcp.rst); what is no row is passed over. */
export function parseProc(text: string, transport: Transport = 'tcp'): Listener[] {
  return [...text.matchAll(PROC_ROW)]
    .filter(([, , , state]) => state === PROC_STATES[transport])
    .map(([, address = '', port = '']) => ({
      port: Number.parseInt(port, 16),
      address: formatAddress(inNetworkOrder(address)),
    }));
}

/** /proc prints 32-bit words in the machine's order, which is little-endian wherever we run. */
function inNetworkOrder(words: string): Buffer {
  return Buffer.from(words, 'hex').swap32();
}

function merge(found: readonly Listener[], family: 4 | 6): ListeningPort[] {
  const ports = new Map<number, string[]>();
  for (const { port, address } of found) ports.set(port, [...(ports.get(port) ?? []), address]);
  return [...ports].map(([port, addresses]) => ({ port, family, addresses }));
}
