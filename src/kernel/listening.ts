import { readFileSync } from 'node:fs';
import { KernelError } from './kernel-error.ts';
import { AF_INET, AF_INET6 } from './libc.ts';
import {
  encodeMessage,
  NETLINK_SOCK_DIAG,
  NetlinkSocket,
  NLM_F_DUMP,
  NLM_F_REQUEST,
} from './netlink.ts';

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

/** linux/sock_diag.h, linux/inet_diag.h, include/net/tcp_states.h */
const SOCK_DIAG_BY_FAMILY = 20;
const IPPROTO_TCP = 6;
const TCP_LISTEN = 10;
const REQUEST_BYTES = 56;
const SOURCE_PORT_AT = 4;
const SOURCE_AT = 8;
const ANSWER_BYTES = 72;
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
  const socket = new NetlinkSocket(NETLINK_SOCK_DIAG);
  try {
    const sequence = socket.nextSequence();
    const flags = NLM_F_REQUEST | NLM_F_DUMP;
    const body = [encodeListenersRequest(family)];
    const request = encodeMessage({ type: SOCK_DIAG_BY_FAMILY, flags, sequence, body });
    const answers = socket.request(request, sequence, 'sock_diag');
    return answers.flatMap((answer) => parseListener(answer.body, family));
  } finally {
    socket.close();
  }
}

/** struct inet_diag_req_v2: family, protocol, and the states as a set of bits. */
function encodeListenersRequest(family: 4 | 6): Buffer {
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt8(family === 4 ? AF_INET : AF_INET6, 0);
  request.writeUInt8(IPPROTO_TCP, 1);
  request.writeUInt32LE(1 << TCP_LISTEN, 4);
  return request;
}

/** struct inet_diag_msg; what is shorter is passed over. */
export function parseListener(body: Buffer, family: 4 | 6): Listener[] {
  if (body.length < ANSWER_BYTES) return [];
  const address = body.subarray(SOURCE_AT, SOURCE_AT + (family === 4 ? 4 : 16));
  const loopback = family === 4 ? address[0] === 127 : address.toString('hex') === LOOPBACK6;
  return [{ port: body.readUInt16BE(SOURCE_PORT_AT), loopback }];
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
