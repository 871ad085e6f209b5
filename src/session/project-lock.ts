import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { kdevError } from '../errors/kdev-error.ts';
import type { ProjectFolder } from './runtime-folder.ts';
import { isAlive } from './state-file.ts';

/** One session a project, whatever happens at the same time. A lock of a dead process is none. */
export function takeLock({ lock }: ProjectFolder, project: string): void {
  for (let attempt = 1; attempt <= 2; attempt++) {
    try {
      const fd = openSync(lock, 'wx', 0o600);
      writeSync(fd, String(process.pid));
      closeSync(fd);
      return;
    } catch {
      if (isLocked({ lock })) break;
      rmSync(lock, { force: true });
    }
  }
  throw kdevError('SESSION_BUSY', {
    fact: `a session of ${project} is starting or ending at this moment`,
    hints: [{ who: 'you', text: 'run the command again' }],
  });
}

export function releaseLock({ lock }: ProjectFolder): void {
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
