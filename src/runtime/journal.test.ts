import { expect, test } from 'vitest';
import { Journal } from './journal.ts';

function journalAt(start: string) {
  const lines: unknown[] = [];
  const clock = { ms: Date.parse(start), monotonicMs: 0 };
  const journal = new Journal({
    write: (line) => lines.push(JSON.parse(line)),
    now: () => new Date(clock.ms),
    monotonicMs: () => clock.monotonicMs,
  });
  return { journal, lines, clock };
}

test('a problem is a line of JSON, and the last one is remembered', () => {
  const { journal, lines } = journalAt('2026-01-02T03:04:05.000Z');
  journal.problem('dns', 'a: no answer');
  const problem = { at: '2026-01-02T03:04:05.000Z', name: 'dns', text: 'a: no answer' };
  expect(lines).toEqual([problem]);
  expect(journal.lastError).toEqual(problem);
});

test('what is over is no last error any more; what went wrong before it still is', () => {
  const { journal } = journalAt('2026-01-02T03:04:05.000Z');
  journal.problem('outgoing', '10.0.0.1:443: ECONNREFUSED');
  journal.problem('link', 'the pipe closed');
  journal.over('link');
  expect(journal.lastError).toMatchObject({ name: 'outgoing' });
  journal.over('outgoing');
  expect(journal.lastError).toBeUndefined();
});

test('repetitions and floods are counted, not written', () => {
  const { journal, lines, clock } = journalAt('2026-01-02T03:04:05.000Z');
  for (let i = 0; i < 3; i++) journal.problem('dns', 'the same');
  expect(lines).toHaveLength(1);
  for (let i = 0; i < 1000; i++) journal.problem('outgoing', `10.0.0.1:${i}`);
  expect(lines).toHaveLength(50);
  expect(lines[1]).toMatchObject({ text: '10.0.0.1:0', unwritten: 2 });
  // The clock was set back meanwhile.
  clock.ms -= 3_600_000;
  clock.monotonicMs += 5_000;
  journal.problem('dns', 'the same');
  expect(lines.at(-1)).toMatchObject({ text: 'the same', unwritten: 951 });
});
