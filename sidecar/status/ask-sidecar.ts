import net from 'node:net';
import { text } from 'node:stream/consumers';
import { deadline } from '../../src/runtime/deadline.ts';
import type { Answers, Asked } from './asked.ts';

/** What is tried for an explanation has deadlines of its own, below this. */
const ANSWER_MS = { status: 2_000, explain: 12_000 } as const;

/** Asks the sidecar that runs in this container; throws where it does not answer. */
export async function askSidecar<A extends Asked>(
  path: string,
  asked: A,
): Promise<Answers[A['ask']]> {
  const socket = net.connect({ path, signal: deadline(ANSWER_MS[asked.ask]) });
  try {
    socket.write(`${JSON.stringify(asked)}\n`);
    return JSON.parse(await text(socket));
  } catch (error) {
    throw new Error('the sidecar does not answer', { cause: error });
  } finally {
    socket.destroy();
  }
}
