import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { deadline } from './deadline.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Resolves when the signal aborts, and holds it by nothing but the listener, as most waits do. */
function aborted(make: () => AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    const signal = make();
    signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  });
}

const never = () => new AbortController().signal;
const late = { name: 'TimeoutError', message: 'it took longer than 0.05 s' };

test.each([
  ['alone', () => deadline(50)],
  ['beside another signal', () => deadline(50, never())],
  ['passed on to who joins it', () => AbortSignal.any([deadline(50), never()])],
  [
    'joined, and passed on to who joins it',
    () => AbortSignal.any([deadline(50, never()), never()]),
  ],
])('a deadline %s outlives the collector of garbage', async (_, make) => {
  const collecting = setInterval(collectGarbage, 10);
  try {
    expect(await aborted(make)).toMatchObject(late);
  } finally {
    clearInterval(collecting);
  }
});

test('the other signal aborts it with its own reason, before or after', () => {
  const other = new AbortController();
  const signal = deadline(60_000, other.signal);
  other.abort('left');
  expect([signal.reason, deadline(60_000, other.signal).reason]).toEqual(['left', 'left']);
});

const root = join(import.meta.dirname, '../..');
const programs = ['src', 'sidecar', 'agent'];

test('nothing else makes a signal with a timeout', () => {
  const sources = programs
    .flatMap((room) =>
      readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(room, file),
      ),
    )
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  expect(sources.length).toBeGreaterThan(100);
  const found = sources.filter((file) =>
    readFileSync(join(root, file), 'utf8').includes('AbortSignal.timeout('),
  );
  expect(found).toEqual([]);
});
