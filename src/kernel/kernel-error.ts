/** A refused call into the kernel: `code` is the errno's name (`ECONNREFUSED`), `syscall` what was called. */
export declare class KernelError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
}
