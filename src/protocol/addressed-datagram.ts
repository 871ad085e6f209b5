import { errnoName, errnoNumber } from './errno.ts';
import { LIMITS } from './limits.ts';

/** The first byte of a datagram of an `outgoing.udp` stream. */
const DATA = 0;
const FAILURE = 1;
const FAMILY_AT = 1;
const PORT_AT = 2;
const ADDRESS_AT = 4;
const FAILURE_BYTES = 8;

/** The other end of a datagram: 4 or 16 bytes of address in network order, and a port. */
export interface Peer {
  readonly address: Buffer;
  readonly port: number;
}

/** What became of a datagram to the peer. */
export interface DatagramFailure {
  /** The errno's name. */
  readonly code: string;
  /** Of the ICMP message; undefined where the agent's own kernel refused. */
  readonly icmp?: { readonly type: number; readonly code: number };
  /** The MTU of EMSGSIZE, else 0. */
  readonly info: number;
}

/** A datagram of an `outgoing.udp` stream: to the peer (sidecar → agent), or from it or about one to it (agent → sidecar). */
export type AddressedDatagram =
  | { readonly kind: 'data'; readonly peer: Peer; readonly payload: Buffer }
  | { readonly kind: 'failure'; readonly peer: Peer; readonly failure: DatagramFailure };

/** A new buffer: the payload may change afterwards. */
export function encodeData(peer: Peer, payload: Buffer): Buffer {
  const header = headerBytes(peer);
  const bytes = Buffer.allocUnsafe(header + payload.length);
  putHeader(bytes, DATA, peer);
  payload.copy(bytes, header);
  return bytes;
}

export function encodeFailure(peer: Peer, { code, icmp, info }: DatagramFailure): Buffer {
  const header = headerBytes(peer);
  const bytes = Buffer.alloc(header + FAILURE_BYTES);
  putHeader(bytes, FAILURE, peer);
  bytes.writeUInt16BE(errnoNumber(code), header);
  bytes.writeUInt8(icmp?.type ?? 0, header + 2);
  bytes.writeUInt8(icmp?.code ?? 0, header + 3);
  bytes.writeUInt32BE(info >>> 0, header + 4);
  return bytes;
}

/** Undefined where it is malformed: the datagram is dropped, as one with a wrong checksum would be. */
export function decodeAddressed(bytes: Buffer): AddressedDatagram | undefined {
  const size = { 4: 4, 6: 16 }[bytes[FAMILY_AT] ?? 0];
  if (size === undefined || bytes.length > LIMITS.datagramBytes) return undefined;
  const header = ADDRESS_AT + size;
  if (bytes.length < header) return undefined;
  const peer = {
    address: bytes.subarray(ADDRESS_AT, header),
    port: bytes.readUInt16BE(PORT_AT),
  };
  if (peer.port === 0) return undefined;
  const rest = bytes.subarray(header);
  if (bytes[0] === DATA) return { kind: 'data', peer, payload: rest };
  if (bytes[0] !== FAILURE || rest.length < FAILURE_BYTES) return undefined;
  return { kind: 'failure', peer, failure: readFailure(rest) };
}

function readFailure(bytes: Buffer): DatagramFailure {
  const failure = { code: errnoName(bytes.readUInt16BE(0)), info: bytes.readUInt32BE(4) };
  const type = bytes.readUInt8(2);
  // Type 0 is an answer to ping, so it stands for none.
  return type === 0 ? failure : { ...failure, icmp: { type, code: bytes.readUInt8(3) } };
}

function headerBytes({ address }: Peer): number {
  return ADDRESS_AT + address.length;
}

function putHeader(bytes: Buffer, kind: number, { address, port }: Peer): void {
  bytes.writeUInt8(kind, 0);
  bytes.writeUInt8(address.length === 16 ? 6 : 4, FAMILY_AT);
  bytes.writeUInt16BE(port, PORT_AT);
  address.copy(bytes, ADDRESS_AT);
}
