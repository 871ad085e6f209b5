import { AF_INET, AF_INET6 } from './libc.ts';
import {
  encodeMessage,
  NETLINK_SOCK_DIAG,
  NetlinkSocket,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_REQUEST,
} from './netlink.ts';

/** linux/sock_diag.h, linux/inet_diag.h, include/net/tcp_states.h */
const SOCK_DIAG_BY_FAMILY = 20;
const SOCK_DESTROY = 21;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const REQUEST_BYTES = 56;
const STATES_AT = 4;
/** struct inet_diag_sockid, in a request and in an answer. */
const ID_BYTES = 48;
const ID_IN_REQUEST_AT = 8;
const ID_IN_ANSWER_AT = 4;
const ANSWER_BYTES = 72;

export const TCP_ESTABLISHED = 1;
export const TCP_SYN_RECV = 3;
export const TCP_LISTEN = 10;

/** A UDP socket that is bound and not connected (TCP_CLOSE). */
export const UDP_BOUND = 7;

interface DiagQuestion {
  readonly family: 4 | 6;
  readonly states: readonly number[];
  readonly port?: number;
  /** TCP, where none is named. */
  readonly transport?: 'udp';
}

/** A socket as sock_diag tells of it. */
export interface DiagSocket {
  readonly family: 4 | 6;
  readonly port: number;
  /** In network order; of family 6 it may be an IPv4-mapped one. */
  readonly address: Buffer;
  readonly peer: Buffer;
  /** struct inet_diag_sockid: ports, addresses, interface and cookie, as the kernel names this very socket. */
  readonly id: Buffer;
}

/** Asks the kernel about the sockets of the network namespace in which it is made. Throws KernelErrors. */
export class SockDiag {
  readonly #socket = new NetlinkSocket(NETLINK_SOCK_DIAG);

  /** Sockets of a family in these states; with `port`, those of this source port. */
  list(o: DiagQuestion): DiagSocket[] {
    const sequence = this.#socket.nextSequence();
    const id = Buffer.alloc(ID_BYTES);
    id.writeUInt16BE(o.port ?? 0, 0);
    const body = [encodeRequest({ ...o, id })];
    const flags = NLM_F_REQUEST | NLM_F_DUMP;
    const request = encodeMessage({ type: SOCK_DIAG_BY_FAMILY, flags, sequence, body });
    const answers = this.#socket.request(request, sequence, 'sock_diag');
    return answers.flatMap((answer) => parseDiagSocket(answer.body, o.family));
  }

  /**
   * Aborts a socket: its peer gets a reset, its owner ECONNABORTED. Needs NET_ADMIN. ENOTSUP where the kernel is built without
   * INET_DIAG_DESTROY, ENOENT where the socket is gone.
   */
  destroy({ family, id }: DiagSocket): void {
    const sequence = this.#socket.nextSequence();
    const body = [encodeRequest({ family, states: [], id })];
    const flags = NLM_F_REQUEST | NLM_F_ACK;
    const request = encodeMessage({ type: SOCK_DESTROY, flags, sequence, body });
    this.#socket.request(request, sequence, 'sock_destroy');
  }

  close(): void {
    this.#socket.close();
  }
}

/** struct inet_diag_req_v2: family, protocol, the states as a set of bits, and the socket's id. */
function encodeRequest(o: DiagQuestion & { readonly id: Buffer }): Buffer {
  const request = Buffer.alloc(REQUEST_BYTES);
  request.writeUInt8(o.family === 4 ? AF_INET : AF_INET6, 0);
  request.writeUInt8(o.transport === 'udp' ? IPPROTO_UDP : IPPROTO_TCP, 1);
  const bits = o.states.reduce((set, state) => set | (1 << state), 0);
  request.writeUInt32LE(bits, STATES_AT);
  o.id.copy(request, ID_IN_REQUEST_AT);
  return request;
}

/** struct inet_diag_msg; what is shorter is passed over. */
export function parseDiagSocket(body: Buffer, family: 4 | 6): DiagSocket[] {
  if (body.length < ANSWER_BYTES) return [];
  const id = body.subarray(ID_IN_ANSWER_AT, ID_IN_ANSWER_AT + ID_BYTES);
  const bytes = family === 4 ? 4 : 16;
  return [
    {
      family,
      port: id.readUInt16BE(0),
      address: id.subarray(4, 4 + bytes),
      peer: id.subarray(20, 20 + bytes),
      id,
    },
  ];
}
