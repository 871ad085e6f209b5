import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fromPlain, isKdevError, kdevError, type PlainError } from '../errors/kdev-error.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import { type ControlClient, connectControl } from './control-client.ts';
import {
  makeProjectFolder,
  ownRuntimeRoot,
  type ProjectFolder,
  projectFolder,
  writingTo,
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

/** One that ended is seen at once: this is for a machine that has much else to do. */
const startMs = 30_000;
const lockedMs = 15_000;
const againMs = 200;
const lineBytes = 64 * 1024;

export function folderOf(project: string): ProjectFolder {
  return projectFolder(ownRuntimeRoot(), project);
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
      if (!isOfTheMoment(error) || waitedMs > lockedMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, againMs));
      continue;
    }
    const client = await findSession(options.project);
    if (client) return { client, isNew: true };
  }
}

/** Another one holds the lock, or has just taken its folder away. */
function isOfTheMoment(error: unknown): boolean {
  const isGone =
    isKdevError(error, 'PLACE_UNWRITABLE') && error.evidence?.startsWith('ENOENT') === true;
  return isGone || isKdevError(error, 'SESSION_BUSY');
}

async function startSession({ project, kdev }: JoinOptions): Promise<void> {
  const folder = folderOf(project);
  makeProjectFolder(ownRuntimeRoot(), folder);
  const [program = '', ...args] = kdev;
  const log = writingTo(folder, () => openSync(folder.log, 'a', 0o600));
  const loggedBytes = fstatSync(log).size;
  try {
    const child = spawn(program, [...args, '__session', project], {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
    });
    child.once('error', () => undefined); // its pipe ends, which tells
    child.unref();
    const line = await firstLine(child.stdio[3] as Readable).catch((cause: Error) => {
      child.kill('SIGTERM');
      throw notStarted(cause, folder.log, loggedBytes);
    });
    if (line !== 'ready') throw fromPlain(JSON.parse(line) as PlainError);
  } finally {
    closeSync(log);
  }
}

async function firstLine(pipe: Readable): Promise<string> {
  const late = new Error(`it was not ready within ${startMs / 1000} s`);
  const timer = setTimeout(() => pipe.destroy(late), startMs);
  let text = '';
  try {
    for await (const chunk of pipe) {
      text += String(chunk);
      if (text.length > lineBytes) break;
    }
  } finally {
    clearTimeout(timer);
  }
  if (text.endsWith('\n')) return text.trimEnd();
  throw new Error('it ended before it was ready');
}

function notStarted(cause: Error, log: string, loggedBytes: number) {
  return kdevError('SESSION_FAILED', {
    fact: `the session could not start: ${cause.message}`,
    evidence: lastLines(log, loggedBytes),
    hints: [{ who: 'kdev', text: `this is a bug: report it with ${log}` }],
    cause,
  });
}

/** What was logged since then: former sessions wrote to the same file. */
function lastLines(path: string, fromBytes: number): string {
  try {
    const bytes = readFileSync(path);
    // A log that has grown large is set aside, and begun anew.
    const own = bytes.length < fromBytes ? bytes : bytes.subarray(fromBytes);
    return (
      own.toString().trimEnd().split('\n').slice(-6).join('\n').slice(-1_500) || 'it said nothing'
    );
  } catch {
    return 'it left no log';
  }
}
