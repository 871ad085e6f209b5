import { checked, libc } from './libc.ts';

const O_RDONLY_CLOEXEC = 0o2000000;
const CLONE_NEWNET = 0x40000000;

/**
 * Moves the main thread into the network namespace of a process (setns: needs SYS_ADMIN, and SYS_PTRACE to look at a foreign one).
 *
 * What follows it: sockets and netlink contexts made from now on, `os.networkInterfaces()`, /proc/net. What does not: sockets made
 * before, which go on working in the old one; libuv's pool (`dns.lookup`, asynchronous fs) and workers, whose threads stay; child
 * processes do follow, as libuv forks from the main thread.
 *
 * Throws a KernelError: ENOENT where there is no such process, EACCES or EPERM where the capability is missing.
 */
export function enterNetworkNamespace(pid: number): void {
  if (!Number.isInteger(pid) || pid < 1) throw new Error(`not a process id: ${pid}`);
  const path = `/proc/${pid}/ns/net`;
  const fd = checked(libc.open(path, O_RDONLY_CLOEXEC), 'open', path);
  try {
    checked(libc.setns(fd, CLONE_NEWNET), 'setns', path);
  } finally {
    libc.close(fd);
  }
}
