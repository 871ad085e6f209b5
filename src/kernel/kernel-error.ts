import util from 'node:util';
import koffi from 'koffi';

/** A refused call into the kernel: `code` is the errno's name (`ECONNREFUSED`), `syscall` what was called. */
export class KernelError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number, detail?: string) {
    const code = errnoName(errno);
    super(`${syscall}: ${code}${detail === undefined ? '' : ` (${detail})`}`);
    this.name = 'KernelError';
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** Node's own names first (ENOTSUP, EAGAIN), so that an error reads the same whoever met it. */
export function errnoName(errno: number): string {
  const name = util.getSystemErrorMap().get(-errno)?.[0];
  return name ?? nameOfRareErrno(errno);
}

function nameOfRareErrno(errno: number): string {
  const found = Object.entries(koffi.os.errno).find(([, value]) => value === errno);
  return found?.[0] ?? `E${errno}`;
}
