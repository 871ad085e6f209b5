import { KernelError } from './kernel-error.ts';
import { encodeMessage, type NetlinkSocket, NLM_F_ACK, NLM_F_REQUEST } from './netlink.ts';

/** One change of routes, rules or addresses. What is already there, or no longer, is as wanted; else a KernelError. */
export function requestChange(
  socket: NetlinkSocket,
  type: number,
  flags: number,
  body: readonly Buffer[],
): void {
  const sequence = socket.nextSequence();
  const bytes = encodeMessage({ type, flags: NLM_F_REQUEST | NLM_F_ACK | flags, sequence, body });
  try {
    socket.request(bytes, sequence, 'rtnetlink');
  } catch (error) {
    const settled = ['EEXIST', 'ENOENT', 'ESRCH', 'EADDRNOTAVAIL'];
    if (!(error instanceof KernelError && settled.includes(error.code))) throw error;
  }
}

/** Whether the kernel refused because the namespace, or `lo`, has IPv6 switched off. */
export function isFamilyOff(error: unknown): boolean {
  const off = ['EACCES', 'EPERM', 'EAFNOSUPPORT', 'ENOTSUP', 'ENODEV'];
  return error instanceof KernelError && off.includes(error.code);
}
