import { dirname } from 'node:path';
import { type Hint, kdevError } from './kdev-error.ts';

/** What keeps a program from writing, beside a mistake of its own. */
const reasons = new Set([
  ...['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP'],
]);

/** A failure to write as an error that says what to do; any other one as it is. `variable` would choose another place. */
export function unwritable(path: string, variable: string | undefined, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (!(cause instanceof Error) || !reasons.has(code)) return cause;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const look: Hint = isFull
    ? { who: 'you', text: 'shows how full it is: make room', command: `df -h ${dirname(path)}` }
    : { who: 'you', text: 'shows whose it is', command: `ls -ld ${dirname(path)}` };
  const choose: Hint = { who: 'you', text: `or choose a directory of your own: ${variable}` };
  return kdevError('PLACE_UNWRITABLE', {
    fact: `kdev cannot write to ${path}`,
    evidence: cause.message,
    hints: [look, ...(variable === undefined ? [] : [choose])],
    cause,
  });
}
