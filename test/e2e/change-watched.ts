import { writeFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { eventually } from './eventually.ts';

const seenMs = 60_000;
const againMs = 15_000;

/**
 * Changes a file that Compose watches, and waits until the change is seen. Compose may take the first change for none: it
 * watches a moment after it has said so. Each later one is another rebuild: while these follow each other at once no
 * container stays, and Compose, interrupted within one, now and then does not end. So the file is written again only
 * after a while.
 */
export async function changeWatched(
  file: string,
  text: string,
  seen: () => Promise<string>,
): Promise<void> {
  let writtenAt = Number.NEGATIVE_INFINITY;
  await eventually(`${file} is seen`, { deadlineMs: seenMs, everyMs: 500 }, async () => {
    if (performance.now() - writtenAt > againMs) {
      await writeFile(file, text);
      writtenAt = performance.now();
    }
    expect(await seen()).toBe(text);
  });
}
