/**
 * Moves the main thread into the network namespace of a process (setns; needs SYS_ADMIN, and SYS_PTRACE for a foreign one).
 * Sockets made before stay in the old one. libuv's pool (dns.lookup, asynchronous fs) and workers do not move.
 */
export declare function enterNetworkNamespace(pid: number): void;
