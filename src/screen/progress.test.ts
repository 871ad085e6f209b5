import { expect, test } from 'vitest';
import { openProgress } from './open-progress.ts';
import type { Clock } from './progress.ts';
import { type ProgressMode, parseProgressMode } from './progress-mode.ts';
import { elapsedText } from './steps.ts';
import { type OutputStream, readTerminal } from './terminal.ts';

/** A clock that the test moves, and everything that was written. */
class Stage {
  readonly written: string[] = [];
  #nowMs = 0;
  readonly #ticks = new Map<() => void, number>();
  readonly clock: Clock = {
    nowMs: () => this.#nowMs,
    every: (intervalMs, tick) => {
      this.#ticks.set(tick, intervalMs);
      return () => this.#ticks.delete(tick);
    },
  };

  open(mode: ProgressMode, stream: OutputStream = {}, environment = {}) {
    return openProgress(mode, {
      terminal: readTerminal(stream, { NO_COLOR: '1', ...environment }),
      write: (text) => this.written.push(text),
      clock: this.clock,
    });
  }

  pass(milliseconds: number): void {
    const step = 50;
    for (let passed = 0; passed < milliseconds; passed += step) {
      this.#nowMs += step;
      for (const [tick, intervalMs] of this.#ticks) {
        if (this.#nowMs % intervalMs === 0) tick();
      }
    }
  }

  get isTicking(): boolean {
    return this.#ticks.size > 0;
  }

  /** What a person sees in the end: a small terminal that knows `carriage return`, `cursor up`, `erase below` and `erase line`. */
  get screen(): string[] {
    const lines: string[] = [];
    for (const text of this.written) {
      const readable = text.replaceAll('\u001b', '^');
      const [erased = '', below = '0'] = /^\r(?:\^\[(\d+)A\^\[J)?\^\[1A\^\[2K/.exec(readable) ?? [];
      const rest = text.slice(erased.length);
      lines.splice(lines.length - (erased === '' ? 0 : Number(below) + 1));
      lines.push(...rest.split('\n').slice(0, -1));
    }
    return lines;
  }
}

const window = { isTTY: true, columns: 80, rows: 24 };

test('tty: a heading, one line a resource, each with its own clock', () => {
  const stage = new Stage();
  const progress = stage.open('auto', window);
  progress.say('what was decided\n');
  progress.step('agent orders', 'starting', 'working');
  stage.pass(1900);
  progress.step('agent orders', 'ready', 'done');
  progress.step('container orders', 'starting', 'working');
  stage.pass(400);
  expect(stage.screen).toEqual([
    'what was decided',
    '',
    '[+] Running 1/2',
    ' ✔ agent orders     ready      1.9s',
    ' ⠸ container orders starting   0.4s',
  ]);
  progress.step('container orders', 'started', 'done');
  progress.end();
  progress.say('orders now answers.');
  expect(stage.screen.slice(2)).toEqual([
    '[+] Running 2/2',
    ' ✔ agent orders     ready      1.9s',
    ' ✔ container orders started    0.4s',
    'orders now answers.',
  ]);
  expect(stage.isTicking).toBe(false);
});

test('tty: words in between stand above; a new block leaves the old one', () => {
  const stage = new Stage();
  const progress = stage.open('tty', window);
  progress.step('network a', 'created', 'done');
  progress.step('network b', 'creating', 'working');
  progress.say('a warning');
  progress.block('Stopping');
  progress.step('container a', 'no such thing', 'failed');
  progress.end();
  expect(stage.screen).toEqual([
    'a warning',
    '[+] Running 1/2',
    ' ✔ network a created    0.0s',
    ' … network b creating   0.0s',
    '[+] Stopping 0/1',
    ' ✘ container a no such thing 0.0s',
  ]);
});

test('tty: what still waits at the end stands still', () => {
  const stage = new Stage();
  const progress = stage.open('tty', window);
  progress.step('service api', 'to listen on :80', 'working');
  stage.pass(300);
  progress.end();
  stage.written.push('api-1 | hello\n');
  stage.pass(5_000);
  expect(stage.screen).toEqual([
    '[+] Running 0/1',
    ' … service api to listen on :80 0.3s',
    'api-1 | hello',
  ]);
});

test("tty: a block that is done is not drawn over: a service's own output may stand below it", () => {
  const stage = new Stage();
  const progress = stage.open('tty', window);
  progress.step('container api', 'created', 'done');
  stage.written.push('api-1 | hello\n');
  stage.pass(5_000);
  progress.say('web-1 | to its stderr');
  progress.block('Stopping');
  progress.step('agent api', 'gone', 'done');
  progress.end();
  expect(stage.screen).toEqual([
    '[+] Running 1/1',
    ' ✔ container api created    0.0s',
    'api-1 | hello',
    'web-1 | to its stderr',
    '[+] Stopping 1/1',
    ' ✔ agent api gone       0.0s',
  ]);
});

test('tty: a long wait says what may be wrong and how to look', () => {
  const stage = new Stage();
  const progress = stage.open('tty', window);
  progress.step('container shop-kdev-sidecar-api-1', 'waiting', 'working');
  stage.pass(9_000);
  expect(stage.screen).toHaveLength(2);
  stage.pass(2_000);
  expect(stage.screen[3]).toContain('kdev logs api --sidecar');
  for (const line of stage.screen) expect(line.length).toBeLessThanOrEqual(80);
  progress.end();
});

test('tty: more resources than the window has rows, and names wider than it', () => {
  const stage = new Stage();
  const progress = stage.open('tty', { ...window, columns: 60, rows: 10 });
  for (let index = 0; index < 30; index++) {
    progress.step(
      `container ${'long-'.repeat(12)}${index}`,
      'waiting',
      index < 20 ? 'done' : 'working',
    );
  }
  expect(stage.screen.length).toBeLessThan(10);
  expect(stage.screen[0]).toBe('[+] Running 20/30');
  for (const line of stage.screen) expect(line.length).toBeLessThanOrEqual(60);
  progress.end();
});

test('tty without Unicode', () => {
  const stage = new Stage();
  const progress = stage.open('tty', window, { LC_ALL: 'C' });
  progress.step('a', 'done', 'done');
  progress.step('b', 'waiting', 'working');
  progress.end();
  expect(stage.screen.slice(1)).toEqual([' + a done       0.0s', ' ... b waiting    0.0s']);
});

test('plain: a line when something is done, and for a wait after 2 s and after 10 s', () => {
  const stage = new Stage();
  const progress = stage.open('auto');
  progress.step('agent orders', 'starting', 'working');
  stage.pass(1_000);
  progress.step('agent orders', 'pulling image, 34 MB of 61', 'working');
  stage.pass(1_500);
  progress.step('network x', 'created', 'done');
  progress.step('network x', 'created', 'done');
  stage.pass(10_000);
  progress.step('agent orders', 'ready', 'done');
  progress.end();
  expect(stage.screen).toEqual([
    ' … agent orders                                 pulling image, 34 MB of 61 2.0s',
    ' ✔ network x                                    created    0.0s',
    ' … agent orders                                 pulling image, 34 MB of 61 10.0s',
    '   the node may be pulling the image, or the pod may not fit: kubectl get pods -A -l app.kubernetes.io/managed-by=kdev',
    ' ✔ agent orders                                 ready      12.5s',
  ]);
  expect(stage.written.join('')).not.toContain('\u001b');
});

test('json: one object a line; quiet: nothing', () => {
  const stage = new Stage();
  const progress = stage.open('json', window);
  progress.say('  api      steal :80\n           context kind\n');
  progress.say('told', { kind: 'decided', service: 'api' });
  progress.block('Stopping');
  progress.step('agent a', 'leaving', 'working');
  stage.pass(100);
  progress.step('agent a', 'leaving', 'working');
  progress.step('agent a', 'gone', 'done');
  progress.end();
  expect(stage.screen.map((line) => JSON.parse(line))).toEqual([
    { schemaVersion: 1, kind: 'words', text: 'api steal :80\ncontext kind' },
    { schemaVersion: 1, kind: 'decided', service: 'api' },
    { schemaVersion: 1, kind: 'block', heading: 'Stopping' },
    {
      schemaVersion: 1,
      kind: 'step',
      subject: 'agent a',
      state: 'leaving',
      phase: 'working',
      elapsedMs: 0,
    },
    {
      schemaVersion: 1,
      kind: 'step',
      subject: 'agent a',
      state: 'gone',
      phase: 'done',
      elapsedMs: 100,
    },
  ]);
  const silent = new Stage();
  const quiet = silent.open('quiet', window);
  quiet.say('a');
  quiet.step('a', 'b', 'done');
  quiet.end();
  expect(silent.written).toEqual([]);
});

test('modes and times as words', () => {
  expect(parseProgressMode(undefined)).toBe('auto');
  expect(parseProgressMode('json')).toBe('json');
  expect(() => parseProgressMode('rawjson')).toThrow('--progress is "rawjson"');
  expect([0, 1_949, 59_900, 59_960, 125_000].map(elapsedText)).toEqual([
    '0.0s',
    '1.9s',
    '59.9s',
    '0m59s',
    '2m05s',
  ]);
});
