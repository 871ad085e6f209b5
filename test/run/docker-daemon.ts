import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheFolder } from './cache-folder.ts';
import { outputOf } from './shell.ts';
import { step } from './steps.ts';

/** A Docker daemon that answers. `stop` ends it if we started it and leaves it alone otherwise. */
export interface DockerDaemon {
  readonly startedByUs: boolean;
  readonly pid?: number;
  stop(): Promise<void>;
}

const startMs = 60_000;
const stopMs = 30_000;

/** Starts dockerd, in a session of its own, where none answers and no service manager did. */
export async function ensureDocker(): Promise<DockerDaemon> {
  if (await answers()) return { startedByUs: false, stop: async () => {} };
  const logFile = cacheFolder('dockerd.log');
  return await step(`starting dockerd (log: ${logFile})`, () => start(logFile));
}

async function start(logFile: string): Promise<DockerDaemon> {
  await mkdir(path.dirname(logFile), { recursive: true });
  const log = await open(logFile, 'w');
  const child = spawn('dockerd', [], { detached: true, stdio: ['ignore', log.fd, log.fd] });
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended ??= `ended with ${signal ?? code}`;
  });
  await log.close();
  const deadline = Date.now() + startMs;
  while (!(await answers())) {
    const late = Date.now() > deadline;
    if (late) child.kill('SIGKILL');
    if (ended !== undefined || late) {
      const lastLines = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-12).join('\n');
      throw new Error(
        `dockerd ${ended ?? `does not answer after ${startMs / 1000} s`}\n${lastLines}`,
      );
    }
    await delay(200);
  }
  child.unref();
  return {
    startedByUs: true,
    ...(child.pid === undefined ? {} : { pid: child.pid }),
    stop: async () => {
      if (ended !== undefined) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
      await gone;
      clearTimeout(timer);
    },
  };
}

async function answers(): Promise<boolean> {
  return (await outputOf('docker', ['version', '--format', '{{.Server.Version}}'])) !== undefined;
}
