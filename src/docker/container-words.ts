import type { Engine } from './engine.ts';

const linesKept = 3;
const lineChars = 400;

/**
 * Why a container is not as it should be, in its own words: what its health check said last, and the end of its log where
 * it has ended or was started again. Undefined where it says nothing.
 */
export async function containerWords(engine: Engine, name: string): Promise<string | undefined> {
  return await engine.ask(`inspect the container ${name}`, async (docker) => {
    const container = docker.getContainer(name);
    const { State, RestartCount } = await container.inspect();
    const check = bounded(State.Health?.Log?.at(-1)?.Output ?? '');
    const words = check === '' ? [] : [`its health check says: ${check}`];
    if (!State.Running || RestartCount > 0) {
      const log = await container.logs({ stdout: true, stderr: true, tail: linesKept });
      const said = bounded(readLog(log));
      if (said !== '') words.push(`its last words: ${said}`);
    }
    return words.length > 0 ? words.join('\n') : undefined;
  });
}

function bounded(text: string): string {
  return text
    .trim()
    .split('\n')
    .slice(-linesKept)
    .map((line) => line.slice(0, lineChars))
    .join('\n');
}

const frameHeadBytes = 8;

/** What a container without a terminal wrote: frames of one byte for the stream, three of nothing, four for the length. */
export function readLog(frames: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + frameHeadBytes <= frames.length; ) {
    const length = frames.readUInt32BE(at + 4);
    parts.push(frames.subarray(at + frameHeadBytes, at + frameHeadBytes + length));
    at += frameHeadBytes + length;
  }
  return Buffer.concat(parts).toString();
}
