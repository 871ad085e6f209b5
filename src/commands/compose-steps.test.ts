import { PassThrough } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { readTerminal } from '../screen/terminal.ts';
import { followCompose } from './compose-steps.ts';
import { foldOf } from './fold-build.ts';
import { HeldOutput } from './held-output.ts';
import type { Story } from './story.ts';

function follow(output?: HeldOutput, { isDrawn } = { isDrawn: false }) {
  const told: string[] = [];
  const story: Story = {
    terminal: { ...readTerminal({}, {}), columns: 80 },
    isDrawn,
    say: (text) => told.push(`say ${text}`),
    step: (...words) => told.push(words.join(' ')),
    block: () => undefined,
    end: () => undefined,
  };
  const stderr = new PassThrough();
  const steps = followCompose({ stderr }, story, {
    ...(output ? { output } : {}),
    fold: foldOf(story),
  });
  const print = async (...lines: string[]) => {
    stderr.end(lines.map((line) => `${line}\n`).join(''));
    await steps.ended;
  };
  return { told, steps, print };
}

test('progress becomes steps, the rest words; the last lines are kept for a failure', async () => {
  const { told, steps, print } = follow();
  await print(' Container shop-a-1  Created', '', 'Error response from daemon: no');
  expect(told).toEqual(['container shop-a-1 created done', 'say Error response from daemon: no']);
  expect(steps.lastLines()).toContain('Error response from daemon: no');
});

test('what a service prints is held, and is no reason for a failure', async () => {
  const output = new HeldOutput();
  const { told, steps, print } = follow(output);
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    await print('\u001b[36morders-1  | \u001b[0mpanic', 'Error response from daemon: no');
    expect(told).toEqual(['say Error response from daemon: no']);
    expect(steps.lastLines()).toBe('Error response from daemon: no');
    expect(write).not.toHaveBeenCalled();
    output.release();
    expect(write.mock.calls).toEqual([['orders-1  | panic\n']]);
  } finally {
    write.mockRestore();
  }
});

test('a build on stderr is folded, what Compose itself says of it too', async () => {
  const { told, print } = follow(undefined, { isDrawn: true });
  await print(
    ' Service api  Building',
    '#1 [api internal] load build definition from Dockerfile',
    '#1 DONE 0.1s',
    '',
    '#2 [api] exporting to image',
    '#2 DONE 0.1s',
    ' Service api  Built',
    ' Container shop-api-1  Created',
  );
  expect(told).toEqual([
    'image api building working',
    'image api building: load build definition from Dockerfile working',
    'image api building: exporting to image working',
    'image api built done',
    'container shop-api-1 created done',
  ]);
});
