import { type Duplex, PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonLine, readJsonLines } from './json-lines.ts';

function pipeOf(chunks: readonly Buffer[]): Duplex {
  const pipe = new PassThrough();
  for (const chunk of chunks) pipe.write(chunk);
  pipe.end();
  return pipe;
}

async function readAll(chunks: readonly Buffer[], maxBytes = 1_000) {
  const lines: unknown[] = [];
  for await (const line of readJsonLines(pipeOf(chunks), maxBytes)) lines.push(line);
  return lines;
}

test('objects survive any chunking', async () => {
  const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(objects, fc.integer({ min: 1, max: 20 }), async (values, size) => {
      const bytes = Buffer.from(values.map(jsonLine).join(''));
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      expect(await readAll(chunks, 1 << 20)).toEqual(JSON.parse(JSON.stringify(values)));
    }),
    { numRuns: 50 },
  );
});

test.each([
  ['garbage', Buffer.from([0xff, 0x00, 0x0a]), 'a line that is no JSON'],
  ['an array', Buffer.from('[1]\n'), 'a line that is no JSON object'],
  ['a cut line', Buffer.from('{"id":1}\n{"id"'), 'the last line is cut off'],
  ['an endless line', Buffer.alloc(2_000, 0x20), 'a line of more than 1000 bytes'],
])('%s is refused', async (_, bytes, words) => {
  await expect(readAll([bytes])).rejects.toThrow(words);
});
