import type { Endpoint } from './endpoint.ts';

/** Offsets and fields of one TCP segment inside of an IP packet. */
export interface TcpSegment {
  readonly family: 4 | 6;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  /** Start of the TCP header in the packet. */
  readonly header: number;
  /** The payload is `packet.subarray(start, end)`. */
  readonly start: number;
  readonly end: number;
}

/** RFC 9293, 3.1. */
export declare const TCP_FIN: 1;
export declare const TCP_SYN: 2;
export declare const TCP_RST: 4;
export declare const TCP_ACK: 16;

/** Undefined for anything but a whole TCP header in an unfragmented IPv4 or IPv6 packet. */
export declare function parseTcpSegment(packet: Buffer): TcpSegment | undefined;
export declare function segmentEndpoints(
  packet: Buffer,
  segment: TcpSegment,
): { from: Endpoint; to: Endpoint };
/** A cheap key of the 4-tuple, in this direction. */
export declare function flowKey(packet: Buffer, segment: TcpSegment): string;
