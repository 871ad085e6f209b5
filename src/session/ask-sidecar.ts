import type { Engine } from '../docker/engine.ts';
import { openExecPipe } from '../docker/exec-pipe.ts';
import type { ExplainQuestion, Explanation, SidecarStatus } from '../protocol/launch.ts';

const statusMs = 3_000;
/** What is tried for an explanation takes a connect() and a lookup that fail slowly. */
const explainMs = 15_000;
const answerBytes = 64 * 1024;

/** What the sidecar says of itself. */
export async function sidecarStatus(engine: Engine, containerId: string): Promise<SidecarStatus> {
  return await ask(engine, { containerId, words: ['status'], timeoutMs: statusMs });
}

/** Where the sidecar takes something of the service's. */
export async function sidecarExplanation(
  engine: Engine,
  containerId: string,
  question: ExplainQuestion,
): Promise<Explanation> {
  const words = ['explain', JSON.stringify(question)];
  return await ask(engine, { containerId, words, timeoutMs: explainMs });
}

interface Asked {
  readonly containerId: string;
  readonly words: readonly string[];
  readonly timeoutMs: number;
}

async function ask<T>(engine: Engine, { containerId, words, timeoutMs }: Asked): Promise<T> {
  const pipe = await openExecPipe(engine, containerId, ['node', '/kdev/sidecar.mjs', ...words]);
  const late = new Error('the sidecar does not answer');
  const timer = setTimeout(() => pipe.destroy(late), timeoutMs);
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
  if (bytes === 0) throw new Error(pipe.complaint.trim() || late.message);
  return JSON.parse(Buffer.concat(chunks).toString()) as T;
}
