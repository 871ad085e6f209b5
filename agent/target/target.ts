import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoError } from '../../src/protocol/errno.ts';
import { findMainProcess } from './find-process.ts';
import { readProcessStat } from './process-stat.ts';

/** The target's main process, as the node's process namespace numbers it. */
export interface Target {
  /** Where the process file system is mounted. */
  readonly proc: string;
  readonly pid: number;
  readonly startTime: number;
}

/** Time for a container that the runtime has just started, or is restarting, to show a process. */
const APPEAR_MS = 10_000;
const APPEAR_POLL_MS = 100;
const FOLLOW_POLL_MS = 100;
/** A kernel gives arguments and environment a quarter of the stack's limit together, which is 2 MiB with the usual 8. */
const ENVIRONMENT_MAX_BYTES = 4 * 1024 * 1024;

/** Finds the main process of a container, waiting a while for it; ESRCH when none appears. */
export async function findTarget(
  proc: string,
  containerId: string,
  signal: AbortSignal,
): Promise<Target> {
  for (let waitedMs = 0; waitedMs <= APPEAR_MS; waitedMs += APPEAR_POLL_MS) {
    const found = findMainProcess(proc, containerId);
    if (found) return { proc, pid: found.pid, startTime: found.startTime };
    await sleep(APPEAR_POLL_MS, undefined, { signal });
  }
  throw errnoError(
    'ESRCH',
    `no process of container ${containerId} on this node within ${APPEAR_MS / 1000} s`,
  );
}

export function isAlive({ proc, pid, startTime }: Target): boolean {
  const stat = readProcessStat(proc, pid);
  return stat !== undefined && stat.startTime === startTime && !stat.dead;
}

/** Calls `onGone` once, when the process has ended. The answer stops looking. */
export function followTarget(target: Target, onGone: () => void): () => void {
  const timer = setInterval(() => {
    if (isAlive(target)) return;
    clearInterval(timer);
    onGone();
  }, FOLLOW_POLL_MS);
  return () => clearInterval(timer);
}

/**
 * The environment with which the process was started: `NAME=value` bytes, each ended by NUL. Needs SYS_PTRACE for a process of
 * another user. E2BIG above 4 MiB; ESRCH where the process has ended.
 */
export async function readEnvironment(target: Target): Promise<Buffer> {
  const file = await open(`${target.proc}/${target.pid}/environ`, 'r');
  try {
    const parts: Buffer[] = [];
    for (let bytes = 0; ; ) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(65_536), 0, 65_536, null);
      if (bytesRead === 0) break;
      bytes += bytesRead;
      if (bytes > ENVIRONMENT_MAX_BYTES) throw errnoError('E2BIG', 'environment over 4 MiB');
      parts.push(buffer.subarray(0, bytesRead));
    }
    if (!isAlive(target)) throw errnoError('ESRCH', 'the target has ended');
    return Buffer.concat(parts);
  } finally {
    await file.close();
  }
}
