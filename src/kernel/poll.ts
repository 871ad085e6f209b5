/** Calls `onReadable` on the main loop while `fd` has something to read; the answer stops it (idempotent; the fd stays open). */
export declare function pollReadable(fd: number, onReadable: () => void): () => void;
