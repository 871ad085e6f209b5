/**
 * The part of the DNS wire format (RFC 1035 section 4, RFC 6891) that sidecar and agent share: the question of a query, names,
 * and answers made by ourselves. Everything else of a message passes through them untouched, whatever its record types.
 *
 * Labels are latin1 strings of their bytes, so that any byte survives; names compare without regard to ASCII case.
 */

export const DNS_HEADER_BYTES = 12;
/** The largest message: TCP gives its length as 16 bits. */
export const DNS_MESSAGE_MAX_BYTES = 65_535;
/** What a client without EDNS takes over UDP (RFC 1035 section 4.2.1). */
export const DNS_PLAIN_UDP_BYTES = 512;
/** A name on the wire, with its length bytes and the root's (RFC 1035 section 2.3.4). */
export const DNS_NAME_MAX_BYTES = 255;
export const DNS_LABEL_MAX_BYTES = 63;

/** More pointers than this in one name are an attack: a name has at most 127 labels, and encoders need one pointer. */
const POINTERS_MAX = 32;

/** Size that we offer in our own OPT records: fits an unfragmented packet of IPv6's minimum MTU (DNS flag day 2020). */
const OFFERED_UDP_BYTES = 1232;

export const DNS_TYPE = { A: 1, CNAME: 5, SOA: 6, PTR: 12, AAAA: 28, OPT: 41 } as const;
export const DNS_RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
} as const;

export interface DnsQuestion {
  readonly id: number;
  /** 0 is a standard query. */
  readonly opcode: number;
  /** The labels as asked, case kept; empty for the root. */
  readonly labels: readonly string[];
  /** The labels joined by dots, in lower case, without a dot at the end: for comparisons, not for the wire. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** Offset behind the question. */
  readonly end: number;
  /** The UDP size that the client's OPT record offers, at least 512; undefined without EDNS. */
  readonly udpPayloadBytes?: number;
}

/** One record of an answer; its owner is the name that was asked. */
export interface DnsRecord {
  readonly type: number;
  readonly ttlSeconds: number;
  readonly data: Buffer;
}

export interface DnsAnswer {
  readonly rcode: number;
  readonly records?: readonly DnsRecord[];
  /** Sets TC: the client asks again over TCP. */
  readonly truncated?: boolean;
}

/** Reads the one question of a query; undefined for what is no query with exactly one well-formed question. */
export function parseQuestion(message: Buffer): DnsQuestion | undefined {
  if (message.length < DNS_HEADER_BYTES || message.length > DNS_MESSAGE_MAX_BYTES) return undefined;
  const flags = message.readUInt16BE(2);
  if ((flags & 0x8000) !== 0 || message.readUInt16BE(4) !== 1) return undefined;
  const name = readName(message, DNS_HEADER_BYTES);
  if (name === undefined || name.end + 4 > message.length) return undefined;
  const end = name.end + 4;
  const udpPayloadBytes = readUdpPayloadBytes(message, end);
  return {
    id: message.readUInt16BE(0),
    opcode: (flags >> 11) & 15,
    labels: name.labels,
    name: name.labels.join('.').toLowerCase(),
    type: message.readUInt16BE(name.end),
    class: message.readUInt16BE(name.end + 2),
    end,
    ...(udpPayloadBytes === undefined ? {} : { udpPayloadBytes }),
  };
}

/**
 * Reads a name at `offset`, following compression pointers (RFC 1035 section 4.1.4). Each pointer must lead before the place
 * where the labels read last began, and their number is bounded. `end` is the offset behind the name where it stands.
 */
export function readName(
  message: Buffer,
  offset: number,
): { readonly labels: readonly string[]; readonly end: number } | undefined {
  const labels: string[] = [];
  let start = offset;
  let end: number | undefined;
  for (let hops = 0; hops < POINTERS_MAX; hops++) {
    const run = readLabels(message, start, labels);
    if (run === undefined) return undefined;
    end ??= run.end;
    if (run.pointer === undefined) return areLabels(labels) ? { labels, end } : undefined;
    if (run.pointer >= start) return undefined;
    start = run.pointer;
  }
  return undefined;
}

/** Splits a name as people write it; undefined where it is no name: an empty or overlong label, or too long altogether. */
export function splitName(name: string): readonly string[] | undefined {
  const text = name.endsWith('.') ? name.slice(0, -1) : name;
  if (text === '') return [];
  const labels = text.split('.');
  return areLabels(labels) ? labels : undefined;
}

/** Whether the labels fit on the wire. */
export function areLabels(labels: readonly string[]): boolean {
  let bytes = 1;
  for (const label of labels) {
    if (label.length === 0 || label.length > DNS_LABEL_MAX_BYTES) return false;
    bytes += label.length + 1;
  }
  return bytes <= DNS_NAME_MAX_BYTES;
}

/** The uncompressed wire form of labels that `areLabels` accepts. */
export function encodeName(labels: readonly string[]): Buffer {
  const parts = labels.map((label) =>
    Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')]),
  );
  return Buffer.concat([...parts, Buffer.of(0)]);
}

/**
 * An answer of our own to a query: its id, its question byte for byte (some clients vary the case on purpose), the records
 * under the asked name, and an OPT record where the client sent one (RFC 6891 section 7).
 */
export function buildAnswer(query: Buffer, question: DnsQuestion, answer: DnsAnswer): Buffer {
  const records = answer.records ?? [];
  const edns = question.udpPayloadBytes !== undefined;
  const head = Buffer.from(query.subarray(0, question.end));
  const kept = query.readUInt16BE(2) & 0x7910; // opcode, RD, CD
  head.writeUInt16BE(0x8080 | kept | (answer.truncated ? 0x0200 : 0) | (answer.rcode & 15), 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt16BE(0, 8);
  head.writeUInt16BE(edns ? 1 : 0, 10);
  const bodies = records.map((record) => encodeRecord(record, question.class));
  return Buffer.concat([head, ...bodies, ...(edns ? [encodeOpt()] : [])]);
}

/** An answer to what `parseQuestion` refuses: FORMERR under the sender's id, or undefined where not even that can be read. */
export function buildFormatError(message: Buffer): Buffer | undefined {
  if (message.length < DNS_HEADER_BYTES || ((message[2] ?? 0) & 0x80) !== 0) return undefined;
  const head = Buffer.alloc(DNS_HEADER_BYTES);
  message.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8080 | (message.readUInt16BE(2) & 0x7900) | DNS_RCODE.FORMERR, 2);
  return head;
}

/** The size up to which an answer may travel over UDP; a longer one goes back truncated. */
export function udpLimitBytes(question: DnsQuestion): number {
  return question.udpPayloadBytes ?? DNS_PLAIN_UDP_BYTES;
}

/** The response code of a message of at least a header's length, without EDNS's upper bits. */
export function responseCode(message: Buffer): number {
  return (message[3] ?? 0) & 15;
}

/** Whether TC is set: the answer did not fit. */
export function isTruncated(message: Buffer): boolean {
  return ((message[2] ?? 0) & 2) !== 0;
}

/** Appends the labels at `offset` up to the root's or a pointer. */
function readLabels(
  message: Buffer,
  offset: number,
  labels: string[],
): { readonly end: number; readonly pointer?: number } | undefined {
  let at = offset;
  while (at < message.length && at - offset <= DNS_NAME_MAX_BYTES) {
    const length = message.readUInt8(at);
    const next = at + 1 + length;
    if (length === 0) return { end: at + 1 };
    if (length >= 0xc0) {
      if (at + 2 > message.length) return undefined;
      return { end: at + 2, pointer: message.readUInt16BE(at) & 0x3fff };
    }
    if (length > DNS_LABEL_MAX_BYTES || next > message.length) return undefined;
    labels.push(message.toString('latin1', at + 1, next));
    at = next;
  }
  return undefined;
}

function encodeRecord(record: DnsRecord, recordClass: number): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc000 | DNS_HEADER_BYTES, 0); // points at the question's name
  head.writeUInt16BE(record.type, 2);
  head.writeUInt16BE(recordClass, 4);
  head.writeUInt32BE(record.ttlSeconds, 6);
  head.writeUInt16BE(record.data.length, 10);
  return Buffer.concat([head, record.data]);
}

function encodeOpt(): Buffer {
  const opt = Buffer.alloc(11);
  opt.writeUInt16BE(DNS_TYPE.OPT, 1);
  opt.writeUInt16BE(OFFERED_UDP_BYTES, 3);
  return opt;
}

/** Looks for the OPT record behind the question. A record takes 11 bytes or more, so the message's length bounds the walk. */
function readUdpPayloadBytes(message: Buffer, offset: number): number | undefined {
  let at = offset;
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  for (let index = 0; index < records; index++) {
    const owner = readName(message, at);
    if (owner === undefined || owner.end + 10 > message.length) return undefined;
    if (message.readUInt16BE(owner.end) === DNS_TYPE.OPT) {
      return Math.max(DNS_PLAIN_UDP_BYTES, message.readUInt16BE(owner.end + 2));
    }
    at = owner.end + 10 + message.readUInt16BE(owner.end + 8);
  }
  return undefined;
}
