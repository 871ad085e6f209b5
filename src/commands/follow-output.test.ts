import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { followOutput } from './follow-output.ts';
import { HeldOutput } from './held-output.ts';

test("a build's output is shown at once, the services' when it is released", async () => {
  const stdout = new PassThrough();
  const output = new HeldOutput();
  const printed: string[] = [];
  followOutput(stdout, output, (chunk) => printed.push(chunk.toString()));
  const write = async (text: string) => {
    stdout.write(text);
    await new Promise(setImmediate);
  };
  await write('#6 [web 2/2] COPY a | b\n#7 DONE\n');
  await write('\u001b[2KAtta');
  expect(printed.join('')).toBe('#6 [web 2/2] COPY a | b\n#7 DONE\n\u001b[2KAtta');
  await write('ching to orders-1\n');
  await write('orders-1  | hello\n');
  await output.began;
  expect(printed).toHaveLength(2);
  output.release();
  expect(printed.slice(2)).toEqual(['ching to orders-1\n', 'orders-1  | hello\n']);
});
