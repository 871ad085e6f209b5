import type net from 'node:net';
import { resetOnClose } from '../src/kernel/sockets.ts';

/**
 * Resets a connection now. Node's `resetAndDestroy` first delivers what is written and sends FIN: a reader that is awake
 * in between takes a cut answer for a whole one.
 */
export function resetSocket(socket: net.Socket): void {
  if (socket.destroyed) return;
  resetOnClose(socket);
  socket.destroy();
}
