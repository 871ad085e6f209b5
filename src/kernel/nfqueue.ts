import { SOL_NETLINK, setIntOption } from './libc.ts';
import {
  encodeAttribute,
  NETLINK_NETFILTER,
  type NetlinkMessage,
  NetlinkSocket,
  NLM_F_ACK,
  NLM_F_REQUEST,
  parseAttributes,
  uint32be,
} from './netlink.ts';
import { attributeBytes, encodeNetfilterMessage, SUBSYSTEM_QUEUE } from './nfnetlink.ts';
import { pollReadable } from './poll.ts';
import { enlargeReceiveBuffer } from './socket-buffers.ts';

/** linux/netfilter/nfnetlink_queue.h */
const NFQNL_MSG_PACKET = 0;
const NFQNL_MSG_VERDICT = 1;
const NFQNL_MSG_CONFIG = 2;
const NFQNL_CFG_CMD_BIND = 1;
const NFQNL_COPY_PACKET = 2;
const NFQA_CFG_F_UID_GID = 8;
const NFQA_PACKET_HDR = 1;
const NFQA_VERDICT_HDR = 2;
const NFQA_MARK = 3;
const NFQA_PAYLOAD = 10;
const NFQA_UID = 16;
const NETLINK_NO_ENOBUFS = 5;
const VERDICTS = { drop: 0, accept: 1 } as const;

/** Enough for the headers of a SYN with every option: IPv6 40, TCP 60, and room for extension headers. */
const COPY_BYTES = 256;
/** Packets that may wait for a verdict. Beyond it the kernel drops: a SYN is sent again after a second. */
const MAX_HELD = 4096;
const RECEIVE_BUFFER_BYTES = 4 << 20;
/** Datagrams read in one turn of the loop, so that a flood leaves room for everything else. */
const DATAGRAMS_A_TURN = 256;

export type Verdict = keyof typeof VERDICTS;

export interface QueuedPacket {
  readonly id: number;
  readonly mark: number;
  /** User of the socket that sent it, where the kernel says so. */
  readonly uid: number | undefined;
  /** The packet from its IP header on, cut to the copy range; valid only during the callback. */
  readonly payload: Buffer;
}

/**
 * Reads one NFQUEUE of the network namespace in which it is made. Each packet waits in the kernel until its verdict; a packet whose
 * queue is closed is dropped by the kernel. Throws a KernelError: EPERM where NET_ADMIN is missing or another socket reads the queue.
 */
export class PacketQueue {
  readonly #queue: number;
  readonly #onPacket: (packet: QueuedPacket) => void;
  readonly #socket: NetlinkSocket;
  readonly #stopPolling: () => void;
  #open = true;

  constructor(queue: number, onPacket: (packet: QueuedPacket) => void) {
    this.#queue = queue;
    this.#onPacket = onPacket;
    this.#socket = new NetlinkSocket(NETLINK_NETFILTER);
    try {
      enlargeReceiveBuffer(this.#socket.fd, RECEIVE_BUFFER_BYTES);
      setIntOption(this.#socket.fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, 1);
      const early = this.#bind();
      this.#stopPolling = pollReadable(this.#socket.fd, () => this.#drain());
      setImmediate(() => this.#deliver(early));
    } catch (error) {
      this.#socket.close();
      throw error;
    }
  }

  /** `mark` replaces the packet's mark, and with it its route. A packet that the kernel no longer holds is ignored. */
  verdict(id: number, verdict: Verdict, mark?: number): void {
    if (!this.#open) return;
    this.#socket.send(encodeVerdict({ queue: this.#queue, id, verdict, mark }));
  }

  /** Idempotent. What is still held is dropped by the kernel. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stopPolling();
    this.#socket.close();
  }

  /** Packets may already come between the parts of this one message: they are the answer. */
  #bind(): NetlinkMessage[] {
    const sequence = this.#socket.nextSequence();
    const bytes = encodeBind(this.#queue, sequence);
    return this.#socket.request(bytes, sequence, `nfqueue ${this.#queue}`);
  }

  #drain(): void {
    for (let turn = 0; turn < DATAGRAMS_A_TURN && this.#open; turn++) {
      const messages = this.#socket.receive();
      if (messages.length === 0) return;
      this.#deliver(messages);
    }
  }

  #deliver(messages: readonly NetlinkMessage[]): void {
    for (const message of messages) {
      if (!this.#open || message.type !== ((SUBSYSTEM_QUEUE << 8) | NFQNL_MSG_PACKET)) continue;
      const packet = parsePacket(message.body);
      if (packet !== undefined) this.#onPacket(packet);
    }
  }
}

/** Binds and configures in one message. No fail-open: a full queue drops, it does not let packets out unjudged. */
export function encodeBind(queue: number, sequence: number): Buffer {
  return encodeNetfilterMessage({
    subsystem: SUBSYSTEM_QUEUE,
    kind: NFQNL_MSG_CONFIG,
    flags: NLM_F_REQUEST | NLM_F_ACK,
    sequence,
    resource: queue,
    attributes: [
      encodeAttribute(1, Buffer.from([NFQNL_CFG_CMD_BIND, 0, 0, 0])),
      encodeAttribute(2, Buffer.concat([uint32be(COPY_BYTES), Buffer.from([NFQNL_COPY_PACKET])])),
      encodeAttribute(3, uint32be(MAX_HELD)),
      encodeAttribute(4, uint32be(NFQA_CFG_F_UID_GID)),
      encodeAttribute(5, uint32be(NFQA_CFG_F_UID_GID)),
    ],
  });
}

export function encodeVerdict(v: {
  queue: number;
  id: number;
  verdict: Verdict;
  mark: number | undefined;
}): Buffer {
  const attributes = [encodeAttribute(NFQA_VERDICT_HDR, uint32be(VERDICTS[v.verdict], v.id))];
  if (v.mark !== undefined) attributes.push(encodeAttribute(NFQA_MARK, uint32be(v.mark)));
  return encodeNetfilterMessage({
    subsystem: SUBSYSTEM_QUEUE,
    kind: NFQNL_MSG_VERDICT,
    flags: NLM_F_REQUEST,
    sequence: 0,
    resource: v.queue,
    attributes,
  });
}

/** Undefined for a message without a packet's header. A packet without payload (copied before the range was set) has an empty one. */
export function parsePacket(body: Buffer): QueuedPacket | undefined {
  const attributes = parseAttributes(attributeBytes(body));
  const header = attributes.get(NFQA_PACKET_HDR);
  if (header === undefined || header.length < 4) return undefined;
  return {
    id: header.readUInt32BE(0),
    mark: readNumber(attributes.get(NFQA_MARK)) ?? 0,
    uid: readNumber(attributes.get(NFQA_UID)),
    payload: attributes.get(NFQA_PAYLOAD) ?? Buffer.alloc(0),
  };
}

function readNumber(bytes: Buffer | undefined): number | undefined {
  return bytes === undefined || bytes.length < 4 ? undefined : bytes.readUInt32BE(0);
}
