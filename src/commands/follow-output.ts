import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { HeldOutput } from './held-output.ts';

/** What Compose prints before the services' output, and that output itself. */
const begin = /^(Attaching to |\S+ +\| )/m;

/** Prints what Compose prints: a build's output at once, that of the services as `output` has it. */
export function followOutput(
  stdout: Readable | null,
  output: HeldOutput,
  print: (chunk: Buffer) => void,
): void {
  let hasBegun = false;
  let line = '';
  stdout?.on('data', (chunk: Buffer) => {
    if (!hasBegun) {
      line += stripVTControlCharacters(chunk.toString());
      hasBegun = begin.test(line);
      line = line.slice(line.lastIndexOf('\n') + 1);
    }
    if (hasBegun) output.show(chunk, () => print(chunk));
    else print(chunk);
  });
}
