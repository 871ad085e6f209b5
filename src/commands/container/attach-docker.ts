import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { signalContainer } from '../../docker/containers.ts';
import type { Engine } from '../../docker/engine.ts';
import { lastOf } from '../../docker-run/parse-words.ts';
import type { AskedRun } from './asked-run.ts';

export interface AttachedDocker {
  /** The program's exit code, or Docker's own. */
  readonly ended: Promise<number>;
}

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Starts a container that is made, attached to our own input and output. On a terminal of its own the program gets what is
 * typed, and Docker sees to sizes; else it gets our signals, from us: `docker start` lets go of it at some of them, so it
 * has a group of its own, which a terminal does not reach.
 */
export function attachDocker(
  engine: Engine,
  { id, asked }: { readonly id: string; readonly asked: AskedRun },
): AttachedDocker {
  const { isInteractive, hasTerminal, given } = asked;
  const keys = lastOf(given, 'detach-keys');
  const args = [
    'start',
    '--attach',
    ...(isInteractive ? ['--interactive'] : []),
    ...(keys === undefined ? [] : [`--detach-keys=${keys}`]),
    id,
  ];
  const typed = hasTerminal ? 'inherit' : 'pipe';
  const child = spawn('docker', args, {
    stdio: [isInteractive ? typed : 'ignore', 'inherit', 'inherit'],
    detached: !hasTerminal,
  });
  if (child.stdin) {
    // It may end before it has read everything.
    child.stdin.on('error', () => undefined);
    process.stdin.pipe(child.stdin);
  }
  const forward = (signal: NodeJS.Signals) => {
    // One that does not run has no use for it.
    if (!hasTerminal) signalContainer(engine, id, signal).catch(() => undefined);
  };
  for (const signal of forwarded) process.on(signal, forward);
  return {
    ended: new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => {
        for (const one of forwarded) process.off(one, forward);
        if (child.stdin) process.stdin.unpipe().pause().unref();
        resolve(exitCode ?? 128 + constants.signals[signal ?? 'SIGKILL']);
      });
    }),
  };
}
