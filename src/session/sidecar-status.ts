import type { Engine } from '../docker/engine.ts';
import { openExecPipe } from '../docker/exec-pipe.ts';
import type { SidecarStatus } from '../protocol/launch.ts';

const answerMs = 3_000;
const answerBytes = 64 * 1024;

/** What the sidecar says of itself. */
export async function sidecarStatus(engine: Engine, containerId: string): Promise<SidecarStatus> {
  const pipe = await openExecPipe(engine, containerId, ['node', '/kdev/sidecar.mjs', 'status']);
  const timer = setTimeout(() => pipe.destroy(new Error('the sidecar does not answer')), answerMs);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of pipe as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > answerBytes) throw new Error('the sidecar says too much');
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(timer);
    pipe.destroy();
  }
  return JSON.parse(Buffer.concat(chunks).toString()) as SidecarStatus;
}
