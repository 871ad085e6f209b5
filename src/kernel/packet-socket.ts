import {
  AF_PACKET,
  addressOf,
  checked,
  libc,
  SO_ATTACH_FILTER,
  SOL_SOCKET,
  setOption,
} from './libc.ts';

/** linux/if_packet.h, linux/if_ether.h */
export const PACKET_STATISTICS = 6;
export const SOCKADDR_LL_BYTES = 20;
const ETH_P_ALL = 3;

/** struct sockaddr_ll: every protocol, every interface. Before it, a socket of protocol 0 receives nothing. */
export function bindToAll(fd: number): void {
  const address = Buffer.alloc(SOCKADDR_LL_BYTES);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  checked(libc.bind(fd, address, address.length), 'bind', 'packet socket');
}

/** struct sock_fprog points to the program (packet-filter.ts), which the kernel copies during the call. */
export function attachFilter(fd: number, program: Buffer): void {
  const value = Buffer.alloc(16);
  value.writeUInt16LE(program.length / 8, 0);
  value.writeBigUInt64LE(addressOf(program), 8);
  setOption({ fd, level: SOL_SOCKET, option: SO_ATTACH_FILTER, value });
}
