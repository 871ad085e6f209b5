import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import type { Engine } from '../docker/engine.ts';
import { openExecPipe } from '../docker/exec-pipe.ts';
import { deadline } from '../runtime/deadline.ts';

/** The ways to a sidecar, best first. */
export const localRungs = ['unix socket', 'docker exec'] as const;
export type LocalRung = (typeof localRungs)[number];

export interface LocalLeg {
  readonly pipe: Duplex;
  readonly rung: LocalRung;
}

export interface SidecarPlace {
  /** `link.sock` as this machine may see it. */
  readonly socket: string;
  /** The same in the container. */
  readonly socketInside: string;
  readonly containerId: string;
  /** When the container started, by `performance.now()`. */
  readonly runningSinceMs: number;
}

export interface LocalLegOptions {
  readonly engine: Engine;
  readonly refused: ReadonlySet<string>;
  readonly nowMs: () => number;
}

/** How long a sidecar has to come up before a missing socket means that its engine is another machine. */
const socketGraceMs = 300;
const connectMs = 300;
const pipeBytes = 64 * 1024;

/**
 * Opens a pipe to the sidecar on the best rung that works, found out by trying. Rejects where none does now: the sidecar
 * may not be up yet. That the sidecar listens at the far end of an exec shows only when it speaks.
 */
export async function openLocalLeg(
  place: SidecarPlace,
  { engine, refused, nowMs }: LocalLegOptions,
): Promise<LocalLeg> {
  let flaw: unknown = new Error('every way to the sidecar is refused');
  if (!refused.has('unix socket')) {
    try {
      return { pipe: await connectSocket(place.socket), rung: 'unix socket' };
    } catch (error) {
      flaw = error;
      if (nowMs() - place.runningSinceMs < socketGraceMs) throw error;
    }
  }
  if (refused.has('docker exec')) throw flaw;
  const relay = ['socat', '-b', '131072', 'STDIO', `UNIX-CONNECT:${place.socketInside}`];
  return { pipe: await openExecPipe(engine, place.containerId, relay), rung: 'docker exec' };
}

async function connectSocket(path: string): Promise<net.Socket> {
  const options: net.IpcNetConnectOpts & { highWaterMark: number } = {
    path,
    highWaterMark: pipeBytes,
  };
  const socket = net.connect(options);
  try {
    await once(socket, 'connect', { signal: deadline(connectMs) });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
