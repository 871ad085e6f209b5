import { readFileSync } from 'node:fs';

export interface ListeningPort {
  readonly port: number;
  readonly family: 4 | 6;
  /** Bound to 127.0.0.0/8 or ::1 only. */
  readonly loopbackOnly: boolean;
}

/** include/net/tcp_states.h, as /proc prints it. */
const LISTEN = '0A';
/** Addresses are printed as the machine's 32-bit words: little-endian, four hexadecimal bytes each. */
const LOOPBACK4 = /^[0-9A-F]{6}7F$/;
const LOOPBACK6 = '00000000000000000000000001000000';

/** TCP ports on which something listens in the main thread's network namespace, sorted by port; one entry a port and family. */
export function listeningPorts(): ListeningPort[] {
  const ports = [
    ...parseListeningPorts(read('/proc/net/tcp'), 4),
    ...parseListeningPorts(read('/proc/net/tcp6'), 6),
  ];
  return ports.sort((a, b) => a.port - b.port || a.family - b.family);
}

/** IPv6 may be switched off: then there is no such file. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

/** Rows of /proc/net/tcp (Documentation/networking/proc_net_tcp.rst); what is no row is passed over. */
export function parseListeningPorts(text: string, family: 4 | 6): ListeningPort[] {
  const loopbackOnly = new Map<number, boolean>();
  for (const row of text.matchAll(
    /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /gm,
  )) {
    const [, address = '', port = '', state] = row;
    if (state !== LISTEN) continue;
    const number = Number.parseInt(port, 16);
    const earlier = loopbackOnly.get(number) ?? true;
    loopbackOnly.set(number, earlier && isLoopback(address));
  }
  return [...loopbackOnly].map(([port, only]) => ({ port, family, loopbackOnly: only }));
}

function isLoopback(address: string): boolean {
  return LOOPBACK4.test(address) || address === LOOPBACK6;
}
