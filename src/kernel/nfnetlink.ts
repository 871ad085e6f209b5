import { encodeMessage } from './netlink.ts';

/** linux/netfilter/nfnetlink.h: the subsystem is the upper byte of a message's type. */
export const SUBSYSTEM_QUEUE = 3;
export const SUBSYSTEM_NFTABLES = 10;
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const GENERIC_HEADER_BYTES = 4;

/** struct nfgenmsg, which every netfilter message carries behind netlink's header. The resource is a queue's number, or 0. */
function encodeGenericHeader(family: number, resource: number): Buffer {
  const header = Buffer.alloc(GENERIC_HEADER_BYTES);
  header.writeUInt8(family, 0);
  header.writeUInt16BE(resource, 2);
  return header;
}

export interface NetfilterMessage {
  readonly subsystem: number;
  readonly kind: number;
  readonly flags: number;
  readonly sequence: number;
  readonly family?: number;
  readonly resource?: number;
  readonly attributes: readonly Buffer[];
}

export function encodeNetfilterMessage(m: NetfilterMessage): Buffer {
  return encodeMessage({
    type: (m.subsystem << 8) | m.kind,
    flags: m.flags,
    sequence: m.sequence,
    body: [encodeGenericHeader(m.family ?? 0, m.resource ?? 0), ...m.attributes],
  });
}

/** nf_tables takes changes only between these two, as one transaction. */
export function encodeBatch(messages: readonly Buffer[], sequence: number): Buffer {
  const edge = (type: number): Buffer =>
    encodeMessage({
      type,
      flags: 1,
      sequence,
      body: [encodeGenericHeader(0, SUBSYSTEM_NFTABLES)],
    });
  return Buffer.concat([edge(NFNL_MSG_BATCH_BEGIN), ...messages, edge(NFNL_MSG_BATCH_END)]);
}

/** The attributes' bytes of a message's body. */
export function attributeBytes(body: Buffer): Buffer {
  return body.subarray(GENERIC_HEADER_BYTES);
}
