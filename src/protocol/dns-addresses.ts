import net from 'node:net';
import { DNS_HEADER_BYTES, DNS_TYPE, readName } from './dns-message.ts';

export interface AddressRecord {
  /** In canonical text. */
  readonly address: string;
  readonly ttlSeconds: number;
}

/** RFC 2181 section 8: a time to live with the upper bit is none. */
const TTL_MAX_SECONDS = 0x7fff_ffff;

/**
 * The A and AAAA records of an answer's own section, whatever name they belong to: at the end of a chain of CNAMEs that is not
 * the one that was asked. Of a message that is not well formed, those before the fault. A record takes 11 bytes or more, so the
 * message's length bounds the walk.
 */
export function addressesOf(message: Buffer): readonly AddressRecord[] {
  const found: AddressRecord[] = [];
  let at = afterQuestions(message);
  for (let left = count(message, 6); at !== undefined && left > 0; left--) {
    const owner = readName(message, at);
    if (owner === undefined || owner.end + 10 > message.length) break;
    const data = owner.end + 10;
    const end = data + message.readUInt16BE(owner.end + 8);
    if (end > message.length) break;
    const address = addressIn(message.readUInt16BE(owner.end), message.subarray(data, end));
    const ttl = message.readUInt32BE(owner.end + 4);
    const ttlSeconds = ttl > TTL_MAX_SECONDS ? 0 : ttl;
    if (address !== undefined) found.push({ address, ttlSeconds });
    at = end;
  }
  return found;
}

function afterQuestions(message: Buffer): number | undefined {
  let at = DNS_HEADER_BYTES;
  for (let left = count(message, 4); left > 0; left--) {
    const name = readName(message, at);
    if (name === undefined) return undefined;
    at = name.end + 4;
  }
  return at;
}

function count(message: Buffer, offset: number): number {
  return message.length < DNS_HEADER_BYTES ? 0 : message.readUInt16BE(offset);
}

function addressIn(type: number, data: Buffer): string | undefined {
  if (type === DNS_TYPE.A && data.length === 4) return data.join('.');
  if (type !== DNS_TYPE.AAAA || data.length !== 16) return undefined;
  const groups = data.toString('hex').match(/.{4}/g) ?? [];
  return new net.SocketAddress({ family: 'ipv6', address: groups.join(':') }).address;
}
