import { describe, expect, it } from 'vitest';
import { parseProcessStat, readProcessStat } from './process-stat.ts';

const tail =
  '4194560 3437 111 0 0 5 2 0 0 20 0 1 0 8675309 12345678 900 18446744073709551615 1 1 0 0 0 0';

describe('parseProcessStat', () => {
  it('reads past any command name', () => {
    expect(parseProcessStat(`42 (a) (b c)) S 7 42 42 0 -1 ${tail}`)).toEqual({
      pid: 42,
      parent: 7,
      startTime: 8675309,
      dead: false,
    });
  });

  it('tells zombies', () => {
    expect(parseProcessStat(`42 (sh) Z 7 42 42 0 -1 ${tail}`)?.dead).toBe(true);
  });

  it.each(['', '42', '42 (sh) S', 'x (sh) S 7 42'])('refuses %j', (text) => {
    expect(parseProcessStat(text)).toBeUndefined();
  });
});

describe('readProcessStat', () => {
  it('reads a real process, and none where there is none', () => {
    expect(readProcessStat('/proc', process.pid)).toMatchObject({
      pid: process.pid,
      parent: process.ppid,
      dead: false,
    });
    expect(readProcessStat('/proc', 2 ** 22 + 1)).toBeUndefined();
  });
});
