import { formatAddress } from '../../src/kernel/ip-address.ts';
import { KernelError } from '../../src/kernel/kernel-error.ts';
import { listeningPorts } from '../../src/kernel/listening.ts';
import {
  type DiagSocket,
  SockDiag,
  TCP_ESTABLISHED,
  TCP_SYN_RECV,
} from '../../src/kernel/sock-diag.ts';

export interface FlushOptions {
  /** Ports of the target; those on which nobody listens are left: their number may be an outgoing connection's. */
  readonly ports: readonly number[];
  /** Connections that stay, by the port and the address of the client. */
  readonly stays: (port: number, client: string) => boolean;
}

/**
 * Resets the connections that clients have with the target, in this network namespace, so that they come back and meet the rules.
 * Answers how many; undefined where the kernel cannot (it is built without INET_DIAG_DESTROY, or without sock_diag). A half-closed
 * connection is left to its last answer.
 */
export function flushConnections({ ports, stays }: FlushOptions): number | undefined {
  const served = new Set(listeningPorts().map(({ port }) => port));
  try {
    const diag = new SockDiag();
    try {
      return ports
        .filter((port) => served.has(port))
        .flatMap((port) => connectionsOf(diag, port))
        .filter(({ port, peer }) => !stays(port, addressText(peer)))
        .filter((socket) => destroy(diag, socket)).length;
    } finally {
      diag.close();
    }
  } catch (error) {
    if (error instanceof KernelError && CANNOT.has(error.code)) return undefined;
    throw error;
  }
}

const CANNOT: ReadonlySet<string> = new Set(['ENOTSUP', 'ENOENT', 'EPROTONOSUPPORT', 'EINVAL']);

function connectionsOf(diag: SockDiag, port: number): DiagSocket[] {
  const states = [TCP_ESTABLISHED, TCP_SYN_RECV];
  return ([4, 6] as const).flatMap((family) => diag.list({ family, states, port }));
}

/** It may have ended by itself. */
function destroy(diag: SockDiag, socket: DiagSocket): boolean {
  try {
    diag.destroy(socket);
    return true;
  } catch (error) {
    if (error instanceof KernelError && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** As `net.Socket.remoteAddress` has it on a listener of one family. */
function addressText(bytes: Buffer): string {
  return formatAddress(bytes).replace(/^::ffff:(?=\d+\.)/, '');
}
