import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { kdevError } from '../errors/kdev-error.ts';
import type { ProjectFolder } from './runtime-folder.ts';
import { isAlive } from './state-file.ts';

/**
 * One session a project, whatever happens at the same time. A lock of a dead process is none. It appears with its content,
 * as a second name of a file that is written: nobody reads half of it.
 */
export function takeLock({ lock }: Pick<ProjectFolder, 'lock'>, project: string): void {
  const own = `${lock}.${process.pid}`;
  try {
    writeFileSync(own, String(process.pid), { mode: 0o600 });
    if (!isLinked(own, lock) && !(isRemoved(lock, `${own}.dead`) && isLinked(own, lock))) {
      throw busy(project);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

export function releaseLock({ lock }: Pick<ProjectFolder, 'lock'>): void {
  rmSync(lock, { force: true });
}

/** Whether a session starts, runs or ends. */
export function isLocked({ lock }: Pick<ProjectFolder, 'lock'>): boolean {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    return pid > 0 && isAlive(pid);
  } catch {
    return false;
  }
}

function isLinked(own: string, lock: string): boolean {
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a dead process's lock away. Two may find it dead, and one of them its successor's: that goes back. */
function isRemoved(lock: string, aside: string): boolean {
  if (isLocked({ lock })) return false;
  try {
    renameSync(lock, aside);
  } catch {
    return true; // Another one was first.
  }
  const isDead = !isLocked({ lock: aside });
  if (!isDead) isLinked(aside, lock);
  rmSync(aside, { force: true });
  return isDead;
}

function busy(project: string) {
  return kdevError('SESSION_BUSY', {
    fact: `a session of ${project} is starting or ending at this moment`,
    hints: [{ who: 'you', text: 'run the command again' }],
  });
}
