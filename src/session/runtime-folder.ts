import { createHash } from 'node:crypto';
import { chmodSync, type Dirent, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { kdevError } from '../errors/kdev-error.ts';
import { unwritable } from '../errors/unwritable.ts';
import { thisUser } from '../runtime/this-user.ts';

/** The folders of one compose project's session, on this machine. Nothing secret lies in them. */
export interface ProjectFolder {
  readonly path: string;
  /** Where the session listens for commands. */
  readonly controlSocket: string;
  readonly log: string;
  /** The number of the session's process. */
  readonly lock: string;
  /** What the session is, for whoever finds that it died. */
  readonly state: string;
  /** Of what its containers were made, while they may start again. */
  readonly brought: string;
  /** What the watchdog removed after the session died, until a command has told it. */
  readonly aftermath: string;
}

/** `sun_path` holds 104 bytes on macOS, 108 on Linux; the longest below a project is `/NAME/link.sock`. */
const nameLength = 24;

/** XDG_RUNTIME_DIR/kdev, else /tmp/kdev-UID. A relative one is none, as the XDG specification says. */
export function runtimeRoot(
  env: Readonly<Record<string, string | undefined>>,
  uid: number,
): string {
  const runtime = env['XDG_RUNTIME_DIR'];
  return runtime && isAbsolute(runtime) ? join(runtime, 'kdev') : join('/tmp', `kdev-${uid}`);
}

/** That of this process. */
export function ownRuntimeRoot(): string {
  return runtimeRoot(process.env, thisUser().uid);
}

export function projectFolder(root: string, project: string): ProjectFolder {
  const path = join(root, shortName(project));
  return {
    path,
    controlSocket: join(path, 'control.sock'),
    log: join(path, 'session.log'),
    lock: join(path, 'session.pid'),
    state: join(path, 'state.json'),
    brought: join(path, 'brought.json'),
    aftermath: join(path, 'aftermath.json'),
  };
}

/** Where the sidecar of a service listens for the session. */
export function linkFolder(project: ProjectFolder, service: string): string {
  return join(project.path, shortName(service));
}

/** Makes the folders, which only this user may enter; refuses one that somebody else made first. */
export function makeProjectFolder(root: string, project: ProjectFolder): void {
  writingTo(project, () => {
    makeRuntimeRoot(root);
    makeOwnFolder(project.path);
  });
}

/** Runs what writes in the project's folder; where it cannot be written, the error says so. */
export function writingTo<T>({ path }: Pick<ProjectFolder, 'path'>, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw unwritable(path, 'XDG_RUNTIME_DIR', error);
  }
}

export function makeRuntimeRoot(root: string): void {
  makeOwnFolder(root);
}

function makeOwnFolder(path: string): void {
  makeFolder(path);
  const found = lstatSync(path);
  const isOurs = found.isDirectory() && found.uid === process.getuid?.();
  if (!isOurs) throw notOurs(path);
  if (found.mode & 0o077) chmodSync(path, 0o700);
}

/** With the folders above it. Node's `recursive` calls whatever is in the way ENOENT: it is for those above alone. */
function makeFolder(path: string): void {
  const mode = 0o700;
  if (!existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true, mode });
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** The sidecar writes here as root without CAP_DAC_OVERRIDE; the folder above keeps everybody else out. */
export function makeLinkFolder(path: string): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o777);
}

/** Folders of projects that have, or had, a session. */
export function listProjectFolders(root: string): ProjectFolder[] {
  return entriesOf(root)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => projectFolder(root, name));
}

export function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** A name as it is, or its beginning and a hash where it is too long for a socket's path. */
function shortName(name: string): string {
  if (name.length <= nameLength) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, nameLength - 9)}.${hash}`;
}

function notOurs(path: string) {
  return kdevError('SESSION_FAILED', {
    fact: `${path} belongs to somebody else, so the session cannot use it`,
    hints: [
      { who: 'you', text: `remove ${path}, or set XDG_RUNTIME_DIR to a directory of your own` },
    ],
  });
}
