import net from 'node:net';
import { text } from 'node:stream/consumers';
import type { SidecarStatus } from '../../src/protocol/launch.ts';

const ANSWER_MS = 2_000;

/** Asks the sidecar that runs in this container; throws where it does not answer. */
export async function askStatus(path: string): Promise<SidecarStatus> {
  const socket = net.connect({ path, signal: AbortSignal.timeout(ANSWER_MS) });
  try {
    return JSON.parse(await text(socket));
  } catch (error) {
    throw new Error('the sidecar does not answer', { cause: error });
  } finally {
    socket.destroy();
  }
}
