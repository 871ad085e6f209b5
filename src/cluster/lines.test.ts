import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLines } from './lines.ts';

async function linesOf(chunks: Buffer[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(Readable.from(chunks))) lines.push(line);
  return lines;
}

test('any chunking gives the same lines', async () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', '.'));
  await fc.assert(
    fc.asyncProperty(
      fc.array(line),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      async (lines, sizes) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(await linesOf(chunks)).toEqual(lines);
      },
    ),
  );
});

test('a last line without its end counts', async () => {
  expect(await linesOf([Buffer.from('a\nb')])).toEqual(['a', 'b']);
});

test('an endless line is refused', async () => {
  const chunks = Array.from({ length: 5 }, () => Buffer.alloc(1024 * 1024, 'x'));
  await expect(linesOf(chunks)).rejects.toThrow('longer than');
});
