import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Readable } from 'node:stream';
import { fromPlain, isKdevError, kdevError, type PlainError } from '../errors/kdev-error.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import { type ControlClient, connectControl } from './control-client.ts';
import {
  makeProjectFolder,
  type ProjectFolder,
  projectFolder,
  runtimeRoot,
} from './runtime-folder.ts';

export interface JoinOptions {
  readonly project: string;
  /** Runs kdev: the program and its first arguments. */
  readonly kdev: readonly string[];
}

export interface Joined {
  readonly client: ControlClient;
  readonly isNew: boolean;
}

const startMs = 10_000;
const lockedMs = 15_000;
const againMs = 200;
const lineBytes = 64 * 1024;

export function folderOf(project: string): ProjectFolder {
  return projectFolder(runtimeRoot(process.env, userInfo().uid), project);
}

/** The session of a project where one runs. */
export async function findSession(project: string): Promise<ControlClient | undefined> {
  return await connectControl(folderOf(project).controlSocket, installedPackage().version);
}

/** The session of a project; started where none runs. */
export async function joinSession(options: JoinOptions): Promise<Joined> {
  for (let waitedMs = 0; ; waitedMs += againMs) {
    const found = await findSession(options.project);
    if (found) return { client: found, isNew: false };
    try {
      await startSession(options);
    } catch (error) {
      // One that ends holds the lock until it is gone; one that starts is about to listen.
      if (!isKdevError(error, 'SESSION_BUSY') || waitedMs > lockedMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, againMs));
      continue;
    }
    const client = await findSession(options.project);
    if (client) return { client, isNew: true };
  }
}

async function startSession({ project, kdev }: JoinOptions): Promise<void> {
  const folder = folderOf(project);
  makeProjectFolder(runtimeRoot(process.env, userInfo().uid), folder);
  const [program = '', ...args] = kdev;
  const log = openSync(folder.log, 'a', 0o600);
  try {
    const child = spawn(program, [...args, '__session', project], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
    });
    child.unref();
    const line = await firstLine(child.stdio[3] as Readable, folder);
    if (line !== 'ready') throw fromPlain(JSON.parse(line) as PlainError);
  } finally {
    closeSync(log);
  }
}

async function firstLine(pipe: Readable, folder: ProjectFolder): Promise<string> {
  const timer = setTimeout(
    () => pipe.destroy(new Error('it did not say that it is ready')),
    startMs,
  );
  let text = '';
  try {
    for await (const chunk of pipe) {
      text += String(chunk);
      if (text.length > lineBytes) break;
    }
    if (text.endsWith('\n')) return text.trimEnd();
    throw new Error('it ended');
  } catch (cause) {
    throw kdevError('SESSION_FAILED', {
      fact: 'the session could not start',
      evidence: lastLines(folder.log),
      hints: [{ who: 'kdev', text: `this is a bug: report it with ${folder.log}` }],
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}

function lastLines(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-6).join('\n').slice(-1_500);
  } catch {
    return 'it left no log';
  }
}
