import { KernelError } from './kernel-error.ts';
import { SO_RCVBUF, SO_RCVBUFFORCE, SOL_SOCKET, setIntOption } from './libc.ts';

/** asm-generic/socket.h */
const SO_SNDBUF = 7;
const SO_SNDBUFFORCE = 32;

/** Beyond the machine's own bound (net.core.rmem_max, wmem_max) where NET_ADMIN allows it in this user namespace, else up to it. */
export function enlargeReceiveBuffer(fd: number, bytes: number): void {
  enlarge(fd, bytes, [SO_RCVBUFFORCE, SO_RCVBUF]);
}

export function enlargeSendBuffer(fd: number, bytes: number): void {
  enlarge(fd, bytes, [SO_SNDBUFFORCE, SO_SNDBUF]);
}

function enlarge(fd: number, bytes: number, [forced, usual]: readonly [number, number]): void {
  try {
    setIntOption(fd, SOL_SOCKET, forced, bytes);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    setIntOption(fd, SOL_SOCKET, usual, bytes);
  }
}
