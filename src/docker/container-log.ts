import { PassThrough, Readable } from 'node:stream';
import type { Engine } from './engine.ts';

export interface LogOptions {
  /** Goes on until the container ends or the stream is destroyed. */
  readonly isFollowed: boolean;
  /** Lines from the end; undefined: all. */
  readonly tail: number | undefined;
}

/** What a container wrote, stdout and stderr in one stream. Whoever opens it destroys it. */
export async function openContainerLog(
  engine: Engine,
  id: string,
  { isFollowed, tail }: LogOptions,
): Promise<Readable> {
  return await engine.ask('read the log of a container', async (docker) => {
    const container = docker.getContainer(id);
    const what = { stdout: true, stderr: true, ...(tail === undefined ? {} : { tail }) };
    const both = isFollowed
      ? await container.logs({ ...what, follow: true })
      : Readable.from([await container.logs({ ...what, follow: false })]);
    const lines = new PassThrough();
    docker.modem.demuxStream(both, lines, lines);
    both.once('end', () => lines.end());
    both.once('error', (error) => lines.destroy(error));
    lines.once('close', () => {
      if ('destroy' in both && typeof both.destroy === 'function') both.destroy();
    });
    return lines;
  });
}
