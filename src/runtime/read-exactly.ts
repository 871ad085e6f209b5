import type { Readable } from 'node:stream';

/**
 * Reads exactly `bytes` from a stream and leaves what follows in it. Rejects when the signal is aborted (with its
 * reason), when the stream fails, or with `code` ECONNRESET when it ends first; `awaited` names the bytes in the error.
 */
export function readExactly(
  stream: Readable,
  bytes: number,
  { awaited, signal }: { awaited: string; signal: AbortSignal },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      stream.off('readable', tryRead);
      stream.off('error', fail);
      stream.off('end', end);
      stream.off('close', end);
      signal.removeEventListener('abort', abort);
      act();
    };
    const tryRead = () => {
      const read: Buffer | null = stream.read(bytes);
      if (read?.length === bytes) settle(() => resolve(read));
      else if (read !== null) end();
    };
    const fail = (error: Error) => settle(() => reject(error));
    const end = () => {
      const error: NodeJS.ErrnoException = new Error(`the pipe ended before ${awaited} arrived`);
      error.code = 'ECONNRESET';
      fail(error);
    };
    const abort = () => settle(() => reject(signal.reason));
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    stream.on('error', fail);
    stream.on('end', end);
    stream.on('close', end);
    stream.on('readable', tryRead);
    if (stream.destroyed || stream.readableEnded) end();
    else tryRead();
  });
}
