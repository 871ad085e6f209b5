import { expect, test } from 'vitest';
import { openProgress } from '../screen/open-progress.ts';
import { whatMayBeWrong } from '../screen/steps.ts';
import { readTerminal } from '../screen/terminal.ts';
import { BuildFold, foldFirstLines } from './fold-build.ts';

const build = [
  '#0 building with "default" instance using docker driver',
  '',
  '#1 [pantry internal] load build definition from Dockerfile',
  '#1 DONE 0.0s',
  '',
  '#4 [pantry stage-1 1/2] RUN npm ci',
  '#4 0.512 added 3 packages',
];
const exported = ['#4 DONE 3.1s', '', '#9 [pantry] exporting to image', '#9 DONE 0.4s'];
const failed = [
  '#4 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
  '------',
  ' > [pantry stage-1 1/2] RUN npm ci:',
  '0.512 added 3 packages',
  '------',
];

function stage() {
  const said: string[] = [];
  const steps: string[] = [];
  const fold = new BuildFold({
    say: (text) => void said.push(text),
    step: (...words) => void steps.push(words.join(' ')),
  });
  return {
    said,
    steps,
    fold,
    takes: (lines: readonly string[]) => lines.map((one) => fold.take(one)),
  };
}

test('a build is one line, with the words of its last step', () => {
  const { said, steps, fold, takes } = stage();
  expect(fold.take('Attaching to api-1')).toBe(false);
  expect(takes([...build, ...exported])).not.toContain(false);
  expect(said).toEqual([]);
  expect(steps).toEqual([
    'image pantry building: load build definition from Dockerfile working',
    'image pantry building: RUN npm ci working',
    'image pantry building: exporting to image working',
    'image pantry built done',
  ]);
  expect(fold.take(' Container pantry-1  Created')).toBe(false);
});

test('a build that fails is shown whole, and so is what follows', () => {
  const { said, steps, takes } = stage();
  expect(takes([...build, ...failed])).not.toContain(false);
  expect(said.join('\n')).toBe([...build, ...failed].join('\n'));
  expect(steps.at(-1)).toBe('image pantry failed failed');
});

test('a step without a service is no line of the board', () => {
  const { steps, takes } = stage();
  takes(['#1 [internal] load .dockerignore', '#2 [2/3] RUN make', '#2 DONE 1.0s', '#3 ERROR: x']);
  expect(steps).toEqual([]);
});

test('of stdout only what comes first is folded, however it is cut', async () => {
  const text = [...build, ...exported, 'Attaching to api-1', '#1 of the service', ''].join('\n');
  for (const size of [1, 7, text.length]) {
    const { steps, fold } = stage();
    const folding = foldFirstLines(fold);
    for (let at = 0; at < text.length; at += size) folding.write(text.slice(at, at + size));
    folding.end();
    const rest = Buffer.concat(await folding.toArray()).toString();
    expect(rest).toBe('Attaching to api-1\n#1 of the service\n');
    expect(steps.at(-1)).toBe('image pantry built done');
  }
});

test.each([60, 80, 120])('on a board of %d columns a long step takes one row', (columns) => {
  const written: string[] = [];
  const board = openProgress('tty', {
    terminal: readTerminal({ isTTY: true, columns, rows: 24 }, { NO_COLOR: '1' }),
    write: (text) => written.push(text),
    clock: { nowMs: () => 0, every: () => () => undefined },
  });
  new BuildFold(board).take(
    `#4 [pantry stage-1 1/2] RUN apt-get install ${'a-package '.repeat(40)}`,
  );
  const [heading, line, ...rest] = (written.at(-1) ?? '').split('\n');
  expect(heading).toBe('[+] Running 0/1');
  expect(line).toMatch(/^ ⠋ image pantry building: RUN apt-get install .*… 0\.0s$/);
  expect(line?.length).toBeLessThanOrEqual(columns);
  expect(rest).toEqual(['']);
});

test('a build may take its time: no advice', () => {
  expect(whatMayBeWrong({ subject: 'image pantry', state: 'building: RUN make' })).toBeUndefined();
});
