import type { ComposeCommandLine } from '../compose/command-line.ts';
import { kdevError } from '../errors/kdev-error.ts';

/** Exactly `docker compose` with these words: its terminal, its signals, its exit code; `input` where ours is used up. */
export async function passThrough(
  commandLine: ComposeCommandLine,
  input?: Buffer,
): Promise<number> {
  const { globalWords, command, rest } = commandLine;
  const words = [...globalWords, ...(command === undefined ? [] : [command]), ...rest];
  return await passToDocker(['compose', ...words], input);
}

/** The same for any command of Docker's. */
export async function passToDocker(words: readonly string[], input?: Buffer): Promise<number> {
  const { spawn } = await import('node:child_process');
  const child = spawn('docker', words, {
    stdio: [input === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'],
  });
  // It may end before it has read everything; its exit code tells the rest.
  child.stdin?.on('error', () => undefined).end(input);
  // From a terminal they reach the child by themselves, and it decides what they mean.
  const ignore = () => undefined;
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  process.on('SIGHUP', forward);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (cause) => reject(noDocker(cause)));
      child.once('close', (exitCode, signal) =>
        resolve(exitCode ?? exitCodeOf(signal ?? 'SIGINT')),
      );
    });
  } finally {
    process.off('SIGINT', ignore).off('SIGTERM', forward).off('SIGHUP', forward);
  }
}

async function exitCodeOf(signal: NodeJS.Signals): Promise<number> {
  const { constants } = await import('node:os');
  return 128 + constants.signals[signal];
}

function noDocker(cause: Error) {
  return kdevError('COMPOSE_MISSING', {
    fact: 'docker could not be started',
    evidence: cause.message,
    hints: [
      { who: 'you', text: 'install Docker with its Compose plugin (docs/errors.md, KDEV12101)' },
    ],
    cause,
  });
}
