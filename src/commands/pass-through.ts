import { spawn } from 'node:child_process';
import { type ComposeCommandLine, flagArguments } from '../compose/command-line.ts';
import { kdevError } from '../errors/kdev-error.ts';

/** Exactly `docker compose` with these words: its terminal, its signals, its exit code. */
export async function passThrough(commandLine: ComposeCommandLine): Promise<number> {
  const { command, rest } = commandLine;
  const words = [
    ...flagArguments(commandLine),
    ...(command === undefined ? [] : [command]),
    ...rest,
  ];
  const child = spawn('docker', ['compose', ...words], { stdio: 'inherit' });
  // From a terminal they reach the child by themselves, and it decides what they mean.
  const ignore = () => undefined;
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', ignore);
  process.on('SIGTERM', forward);
  process.on('SIGHUP', forward);
  return await new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(noDocker(cause)));
    child.once('close', (exitCode) => resolve(exitCode ?? 130));
  });
}

function noDocker(cause: Error) {
  return kdevError('COMPOSE_MISSING', {
    fact: 'docker compose could not be started',
    evidence: cause.message,
    hints: [
      { who: 'you', text: 'install Docker with its Compose plugin (docs/errors.md, KDEV12101)' },
    ],
    cause,
  });
}
