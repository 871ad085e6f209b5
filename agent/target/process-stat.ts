import { readFileSync } from 'node:fs';

/** What tells one process from a later one with the same number. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks since the machine started. */
  readonly startTime: number;
  /** A zombie has no namespaces, no environment and no files any more. */
  readonly dead: boolean;
}

/** Reads `/proc/<pid>/stat`; undefined where there is no such process. */
export function readProcessStat(proc: string, pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`${proc}/${pid}/stat`, 'latin1'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** proc_pid_stat(5). The command's name stands in parentheses and may hold spaces and parentheses itself. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const [state, parent, ...rest] = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const stat = {
    pid: Number.parseInt(text, 10),
    parent: Number(parent),
    startTime: Number(rest[17]),
    dead: state === 'Z' || state === 'X',
  };
  const numbers = [stat.pid, stat.parent, stat.startTime];
  return numbers.every(Number.isSafeInteger) ? stat : undefined;
}
