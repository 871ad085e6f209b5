import { expect, it } from 'vitest';
import { Gate } from './gate.ts';

/** A task that ends when told to. */
function task() {
  let finish: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { run: () => done, finish };
}

it('runs so many at once, the others in their order, and refuses what exceeds the line', async () => {
  const gate = new Gate(2, 1);
  const started: number[] = [];
  const tasks = [task(), task(), task()];
  const runs = tasks.map(({ run }, index) =>
    gate.run(() => {
      started.push(index);
      return run();
    }),
  );
  await expect(gate.run(() => Promise.resolve())).rejects.toMatchObject({ code: 'EAGAIN' });
  expect(started).toEqual([0, 1]);
  tasks[1]?.finish();
  await runs[1];
  await Promise.resolve();
  expect(started).toEqual([0, 1, 2]);
  for (const { finish } of tasks) finish();
  await Promise.all(runs);
});

it('gives the place on after a failure', async () => {
  const gate = new Gate(1, 5);
  const failing = gate.run(() => Promise.reject(new Error('no')));
  const next = gate.run(() => Promise.resolve('yes'));
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
  expect(await gate.run(() => Promise.resolve('again'))).toBe('again');
});
