import { familyOf } from './socket-address.ts';

export interface GuardOptions {
  readonly name: string;
  /**
   * Marks with which packets may pass: those of the process's own sockets, and the one that the routing rules send to `lo` (a chain sees
   * the device that was chosen before the mark changed the route).
   */
  readonly marks: readonly number[];
  /** Networks (an address or CIDR) that are always reachable, beside loopback, link-local, multicast and broadcast. */
  readonly local4: readonly string[];
  readonly local6: readonly string[];
}

const ALWAYS4 = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '255.255.255.255'];
const ALWAYS6 = ['::1', 'fe80::/10', 'ff00::/8'];

/**
 * An nft script for `NftTable.run` that makes a table *without* owner, which outlives the process: the namespace's closed door.
 *
 * Rules that capture outgoing connections belong to the process and go when it dies; without this table a service would then reach the
 * developer's own network by the same names and addresses, and not notice. With it, what would leave the namespace without one of the
 * marks is refused: EHOSTUNREACH for a new connection or datagram, a reset for an established connection. Answers to connections that
 * came in, through published ports for example, are let out. (connect() learns after a second: TCP takes no ICMP while it still sends the
 * SYN, but from the next one. A reset would come at once, and read as the remote's own refusal.)
 *
 * The priority is behind all that captures and judges (mangle), and behind the translation of Docker's resolver (nat).
 */
export function renderGuard(options: GuardOptions): string {
  if (options.marks.length === 0) throw new Error('a guard needs at least one mark');
  const marks = options.marks.map(hex).join(', ');
  return `add table inet ${options.name}
delete table inet ${options.name}
table inet ${options.name} {
  set local4 {
    type ipv4_addr; flags interval; auto-merge
    elements = { ${networks([...ALWAYS4, ...options.local4], 4)} }
  }
  set local6 {
    type ipv6_addr; flags interval; auto-merge
    elements = { ${networks([...ALWAYS6, ...options.local6], 6)} }
  }
  chain out {
    type filter hook output priority 10; policy accept;
    oifname "lo" accept
    meta mark { ${marks} } accept
    ct direction reply accept
    ip daddr @local4 accept
    ip6 daddr @local6 accept
    tcp flags & (syn | ack) != syn reject with tcp reset
    reject with icmpx host-unreachable
  }
}
`;
}

function hex(mark: number): string {
  return `0x${mark.toString(16)}`;
}

/** Refuses what is no network of the family: the text goes into a script. */
function networks(list: readonly string[], family: 4 | 6): string {
  for (const network of list) {
    const [address = '', bits, rest] = network.split('/');
    const inRange =
      bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
    if (familyOf(address) !== family || !inRange || rest !== undefined) {
      throw new Error(`not an IPv${family} network: ${network}`);
    }
  }
  return list.join(', ');
}
