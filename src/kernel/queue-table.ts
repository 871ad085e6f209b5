import os from 'node:os';
import { KernelError } from './kernel-error.ts';
import {
  cString,
  encodeAttribute,
  encodeNested,
  NETLINK_NETFILTER,
  NetlinkSocket,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_REQUEST,
  uint32be,
  uint32le,
} from './netlink.ts';
import {
  encodeBatch,
  encodeNetfilterMessage,
  type NetfilterMessage,
  SUBSYSTEM_NFTABLES,
} from './nfnetlink.ts';

/** linux/netfilter/nf_tables.h; a table's owner is the netlink socket that made it. */
const NFT_MSG_NEWTABLE = 0;
const NFT_MSG_NEWCHAIN = 3;
const NFT_MSG_NEWRULE = 6;
const NFT_TABLE_F_OWNER = 2;
const NFT_REG_1 = 1;
const NFT_META_MARK = 3;
const NFT_CMP_EQ = 0;
const NFPROTO_INET = 1;
const NF_INET_LOCAL_OUT = 3;
const NF_ACCEPT = 1;
const CHAIN = 'out';
/** One before mangle's (-150): the chain that marks comes before it, the one that reads the verdict's mark behind it. */
const DEFAULT_PRIORITY = -151;

export interface QueueTableOptions {
  readonly name: string;
  /** Packets that leave with this mark are queued; another table sets it, at a priority below `priority`. */
  readonly mark: number;
  readonly queue: number;
  /** Priority of the output chain, default -151. */
  readonly priority?: number;
}

/** Which of the kernel's two ways to queue was found. */
export type QueueMeans = 'nft queue' | 'xt NFQUEUE';

/**
 * The rule that sends marked packets to an NFQUEUE, in a table of its own in the network namespace in which it is made.
 *
 * A held packet is never let out by the absence of its judge: a queue that nobody reads drops (neither `bypass` nor fail-open). When this
 * process ends, however it ends, the kernel removes the table, so that there is nothing for a later one to clean up. The rules that mark
 * packets to be held must then stay or be followed by ones that refuse: in a table without owner, else packets leave as if there were no kdev.
 *
 * Probes the kernel: nft's own `queue` expression, else the NFQUEUE target of x_tables run by nftables (what `iptables-nft -j NFQUEUE`
 * makes; some kernels have only this). A KernelError ENOTSUP where there is neither.
 */
export class QueueTable {
  readonly means: QueueMeans;
  readonly #socket: NetlinkSocket;

  constructor(options: QueueTableOptions) {
    this.#socket = new NetlinkSocket(NETLINK_NETFILTER);
    try {
      this.means = install(this.#socket, options);
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /** Removes the rule: the table goes with the socket that owns it. Idempotent. */
  close(): void {
    this.#socket.close();
  }
}

function install(socket: NetlinkSocket, options: QueueTableOptions): QueueMeans {
  const means: [QueueMeans, Buffer][] = [
    ['nft queue', nftQueue(options.queue)],
    ['xt NFQUEUE', xtQueue(options.queue)],
  ];
  for (const [name, expression] of means) {
    if (tryInstall(socket, options, expression)) return name;
  }
  throw new KernelError('nft queue, xt NFQUEUE', os.constants.errno.EOPNOTSUPP);
}

/** False where the kernel does not know the expression; the whole transaction is then undone. */
function tryInstall(
  socket: NetlinkSocket,
  options: QueueTableOptions,
  expression: Buffer,
): boolean {
  const sequence = socket.nextSequence();
  const batch = encodeQueueTable(options, expression, sequence);
  try {
    socket.request(batch, sequence, 'nf_tables');
    return true;
  } catch (error) {
    if (error instanceof KernelError && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** The transaction as bytes: table, chain, rule. Only the last one asks for an acknowledgement. */
export function encodeQueueTable(
  options: QueueTableOptions,
  expression: Buffer,
  sequence: number,
): Buffer {
  const message = (kind: number, flags: number, attributes: Buffer[]): Buffer => {
    const whole: NetfilterMessage = {
      subsystem: SUBSYSTEM_NFTABLES,
      kind,
      flags: NLM_F_REQUEST | NLM_F_CREATE | flags,
      sequence,
      family: NFPROTO_INET,
      attributes,
    };
    return encodeNetfilterMessage(whole);
  };
  const table = encodeAttribute(1, cString(options.name));
  return encodeBatch(
    [
      message(NFT_MSG_NEWTABLE, 0, [table, encodeAttribute(2, uint32be(NFT_TABLE_F_OWNER))]),
      message(NFT_MSG_NEWCHAIN, 0, [
        table,
        encodeAttribute(3, cString(CHAIN)),
        encodeNested(4, [
          encodeAttribute(1, uint32be(NF_INET_LOCAL_OUT)),
          encodeAttribute(2, uint32be(options.priority ?? DEFAULT_PRIORITY)),
        ]),
        encodeAttribute(5, uint32be(NF_ACCEPT)),
        encodeAttribute(7, cString('filter')),
      ]),
      message(NFT_MSG_NEWRULE, NLM_F_ACK, [
        table,
        encodeAttribute(2, cString(CHAIN)),
        encodeNested(4, [loadMark(), equals(options.mark), expression]),
      ]),
    ],
    sequence,
  );
}

function encodeExpression(name: string, attributes: readonly Buffer[]): Buffer {
  return encodeNested(1, [encodeAttribute(1, cString(name)), encodeNested(2, attributes)]);
}

/** meta load mark => reg 1 */
function loadMark(): Buffer {
  return encodeExpression('meta', [
    encodeAttribute(1, uint32be(NFT_REG_1)),
    encodeAttribute(2, uint32be(NFT_META_MARK)),
  ]);
}

/** cmp eq reg 1 VALUE; marks are compared in the machine's order. */
function equals(value: number): Buffer {
  return encodeExpression('cmp', [
    encodeAttribute(1, uint32be(NFT_REG_1)),
    encodeAttribute(2, uint32be(NFT_CMP_EQ)),
    encodeNested(3, [encodeAttribute(1, uint32le(value))]),
  ]);
}

/** queue num QUEUE, without `bypass` */
export function nftQueue(queue: number): Buffer {
  const number = Buffer.alloc(2);
  number.writeUInt16BE(queue);
  return encodeExpression('queue', [
    encodeAttribute(1, number),
    encodeAttribute(2, Buffer.from([0, 1])),
  ]);
}

/** The x_tables target, revision 3: struct xt_NFQ_info_v3 { number, how many, flags }, padded to 8 bytes. */
export function xtQueue(queue: number): Buffer {
  const info = Buffer.alloc(8);
  info.writeUInt16LE(queue, 0);
  info.writeUInt16LE(1, 2);
  return encodeExpression('target', [
    encodeAttribute(1, cString('NFQUEUE')),
    encodeAttribute(2, uint32be(3)),
    encodeAttribute(3, info),
  ]);
}
