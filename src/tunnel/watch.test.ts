import { beforeEach, expect, test } from 'vitest';
import type { Clock } from '../runtime/clock.ts';
import { callerOptions } from './link-options.ts';
import { Watch } from './watch.ts';

class Hands implements Clock {
  now = 0;
  sleptMs = 0;
  #timers: { readonly ms: number; readonly act: () => void }[] = [];

  monotonicMs(): number {
    return this.now;
  }

  wallMs(): number {
    return this.now + this.sleptMs;
  }

  after(delayMs: number, act: () => void): { cancel: () => void } {
    const timer = { ms: this.now + delayMs, act };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  turn(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.#timers.find((timer) => timer.ms <= end);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.now = next.ms;
      next.act();
    }
    this.now = end;
  }
}

let clock: Hands;
let events: string[];
let oldestMs: number | undefined;
let watch: Watch;

beforeEach(() => {
  clock = new Hands();
  events = [];
  oldestMs = undefined;
  watch = new Watch(
    { ...callerOptions, clock },
    {
      ping: () => events.push(`ping ${clock.now / 1000}`),
      oldestInFlightMs: () => oldestMs,
      lost: (why) => {
        events.push(`lost ${clock.now / 1000}: ${why.message}`);
        watch.detached();
      },
      gaveUp: (why) => {
        events.push(`gave up ${clock.now / 1000}: ${why.message}`);
        watch.stop();
      },
    },
  );
});

test('silence is asked after 10 s and is death after 25 s; any byte is life', () => {
  watch.attached();
  clock.turn(10_000);
  expect(events).toEqual([]);
  clock.turn(1_000);
  expect(events).toEqual(['ping 11']);
  watch.heard();
  clock.turn(10_000);
  expect(events).toEqual(['ping 11']);
  clock.turn(16_000);
  expect(events.at(-1)).toBe('lost 37: nothing was heard over the pipe for 26.0 s');
});

test('silence is death after 5 s while bytes wait, counted from when they were sent', () => {
  watch.attached();
  clock.turn(8_000);
  oldestMs = clock.now;
  clock.turn(5_000);
  expect(events.filter((event) => event.startsWith('lost'))).toEqual([]);
  clock.turn(1_000);
  expect(events.at(-1)).toContain('lost 14');
});

test('bytes that wait on a path that is heard are no sign of death', () => {
  watch.attached();
  oldestMs = 0;
  for (let n = 0; n < 60; n += 1) {
    clock.turn(1_000);
    watch.heard();
  }
  expect(events).toEqual([]);
});

test('after a sleep the pipe has 3 s', () => {
  watch.attached();
  clock.turn(1_000);
  clock.sleptMs = 3_600_000;
  clock.turn(1_000);
  expect(events).toEqual(['ping 2']);
  clock.turn(4_000);
  expect(events.at(-1)).toContain('lost 6');
});

test('without a pipe it gives up after 10 min', () => {
  clock.turn(600_000);
  expect(events).toEqual([]);
  clock.turn(1_000);
  expect(events).toEqual(['gave up 601: no pipe for 601 s']);
});
