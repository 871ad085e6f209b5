/**
 * The numbers under which an errno travels in RST, ERROR and GOAWAY: Linux's own (asm-generic/errno.h), whatever the
 * platform of the speaker, and above 1000 what has no errno.
 */
const numbers: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  ERANGE: 34,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  ENODATA: 61,
  EPROTO: 71,
  EOVERFLOW: 75,
  EMSGSIZE: 90,
  EPROTONOSUPPORT: 93,
  EOPNOTSUPP: 95,
  EAFNOSUPPORT: 97,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ENETUNREACH: 101,
  ENETRESET: 102,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  EHOSTDOWN: 112,
  EHOSTUNREACH: 113,
  EALREADY: 114,
  EINPROGRESS: 115,
  ESTALE: 116,
  EDQUOT: 122,
  ECANCELED: 125,
  /** A mirrored stream whose reader does not keep up. */
  ETOOSLOW: 1001,
};

const names = new Map(Object.entries(numbers).map(([name, number]) => [number, name]));

const EIO = 5;

/** The number of an errno name; a name outside the table is EIO. */
export function errnoNumber(name: string): number {
  return Object.hasOwn(numbers, name) ? (numbers[name] ?? EIO) : EIO;
}

/** The name of a number from a peer; one that this side does not know yet is EIO. */
export function errnoName(number: number): string {
  return names.get(number) ?? 'EIO';
}

/** An error whose `code` is an errno name, as Node's own. */
export function errnoError(code: string, message: string, cause?: unknown): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(message, cause === undefined ? {} : { cause });
  error.code = code;
  return error;
}

/** The peer broke the protocol: the tunnel ends. */
export function violation(what: string, cause?: unknown): NodeJS.ErrnoException {
  return errnoError('EPROTO', `the peer broke the protocol: ${what}`, cause);
}

/** Whether an error is a violation, and not a fault of this side's own code met while the peer's bytes were read. */
export function isViolation(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && error.code === 'EPROTO';
}

/** The errno name that an unknown error stands for: its own `code` where the table has it, else EIO. */
export function errnoOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && Object.hasOwn(numbers, code) ? code : 'EIO';
}
