import { readFileSync } from 'node:fs';
import { KernelError } from './kernel-error.ts';
import { type DiagSocket, SockDiag, TCP_LISTEN } from './sock-diag.ts';

export interface ListeningPort {
  readonly port: number;
  readonly family: 4 | 6;
  /** Bound to 127.0.0.0/8 or ::1 only. */
  readonly loopbackOnly: boolean;
}

interface Listener {
  readonly port: number;
  readonly loopback: boolean;
}

const LOOPBACK6 = '00000000000000000000000000000001';
/** As /proc prints them: 32-bit words in the machine's order. */
const PROC_LISTEN = '0A';
const PROC_LOOPBACK4 = /^[0-9A-F]{6}7F$/;
const PROC_LOOPBACK6 = '00000000000000000000000001000000';
const PROC_ROW = /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /gm;

/**
 * TCP ports on which something listens in the main thread's network namespace, sorted by port; one entry a port and family. Cheap enough to
 * ask ten times a second: sock_diag walks the listeners alone. Kernels without it are asked through /proc, which walks the table of all
 * connections of the machine (milliseconds).
 */
export function listeningPorts(): ListeningPort[] {
  const ports = ([4, 6] as const).flatMap((family) => merge(listeners(family), family));
  return ports.sort((a, b) => a.port - b.port || a.family - b.family);
}

function listeners(family: 4 | 6): Listener[] {
  try {
    return askSockDiag(family);
  } catch (error) {
    if (!(error instanceof KernelError) || !isAbsent(error)) throw error;
    return parseProc(readProc(family === 4 ? '/proc/net/tcp' : '/proc/net/tcp6'));
  }
}

function isAbsent(error: KernelError): boolean {
  return ['ENOENT', 'EPROTONOSUPPORT', 'ENOTSUP', 'EINVAL'].includes(error.code);
}

function askSockDiag(family: 4 | 6): Listener[] {
  const diag = new SockDiag();
  try {
    return diag.list({ family, states: [TCP_LISTEN] }).map(asListener);
  } finally {
    diag.close();
  }
}

export function asListener({ family, port, address }: DiagSocket): Listener {
  const loopback = family === 4 ? address[0] === 127 : address.toString('hex') === LOOPBACK6;
  return { port, loopback };
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

/** Rows of /proc/net/tcp and tcp6 (Documentation/networking/proc_net_tcp.rst); what is no row is passed over. */
export function parseProc(text: string): Listener[] {
  return [...text.matchAll(PROC_ROW)]
    .filter(([, , , state]) => state === PROC_LISTEN)
    .map(([, address = '', port = '']) => ({
      port: Number.parseInt(port, 16),
      loopback: PROC_LOOPBACK4.test(address) || address === PROC_LOOPBACK6,
    }));
}

/** A port is loopback-only where each of its listeners is. */
function merge(found: readonly Listener[], family: 4 | 6): ListeningPort[] {
  const ports = new Map<number, boolean>();
  for (const { port, loopback } of found) ports.set(port, (ports.get(port) ?? true) && loopback);
  return [...ports].map(([port, loopbackOnly]) => ({ port, family, loopbackOnly }));
}
