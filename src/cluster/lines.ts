import type { Readable } from 'node:stream';
import { LINE_BYTES } from './limits.ts';

/** The lines of a stream of text, without their ends. A line of more than `LINE_BYTES` is an error. */
export async function* readLines(stream: Readable): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = chunk.indexOf(10); to >= 0; to = chunk.indexOf(10, from)) {
      yield Buffer.concat([...rest, chunk.subarray(from, to)]).toString('utf8');
      rest = [];
      restBytes = 0;
      from = to + 1;
    }
    restBytes += chunk.length - from;
    if (restBytes > LINE_BYTES) throw new Error(`a line is longer than ${LINE_BYTES} bytes`);
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield Buffer.concat(rest).toString('utf8');
}
