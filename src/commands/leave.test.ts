import { expect, test } from 'vitest';
import type { SessionEvent } from '../session/control.ts';
import { endWith, leaveAll } from './leave.ts';

function later<T>(): [Promise<T>, (value: T) => void] {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return [promise, resolve];
}

/** A session that ends when the test wants it, and somebody at the keyboard. */
function stage({ interrupted = false } = {}) {
  const said: string[] = [];
  const asked: string[] = [];
  const [first, interruptFirst] = later<'SIGINT'>();
  const [second, interruptSecond] = later<'SIGINT'>();
  const [ended, end] = later<object>();
  const say = (text: string) => void said.push(text);
  const client = {
    call: (_: string, { containers }: { containers: string }) => {
      asked.push(containers);
      return ended;
    },
  };
  const left = leaveAll(client as never, {
    story: { say, block: say, step: () => undefined },
    interrupts: { happened: interrupted, first, second },
  });
  return {
    said,
    asked,
    interrupt: async (which: 'first' | 'second') => {
      (which === 'first' ? interruptFirst : interruptSecond)('SIGINT');
      await new Promise(setImmediate);
    },
    async ends() {
      end({});
      await left;
    },
  };
}

test('after a failure the first Ctrl-C is told what the second does, and only that one forces', async () => {
  const { said, asked, interrupt, ends } = stage();
  await interrupt('first');
  expect([said, asked]).toEqual([['Stopping', 'Stopping already: again to force.'], ['remove']]);
  await interrupt('second');
  expect(said.at(-1)).toBe('Forced: containers are killed.');
  expect(asked).toEqual(['remove', 'kill']);
  await ends();
});

test('after one Ctrl-C the next forces', async () => {
  const { said, asked, interrupt, ends } = stage({ interrupted: true });
  await interrupt('first');
  expect([said, asked]).toEqual([['Stopping (again to force)'], ['remove']]);
  await interrupt('second');
  expect(asked).toEqual(['remove', 'kill']);
  await ends();
});

test('when it is over nothing is forced any more', async () => {
  const { said, asked, interrupt, ends } = stage({ interrupted: true });
  await ends();
  await interrupt('second');
  expect([said, asked]).toEqual([['Stopping (again to force)'], ['remove']]);
});

test('while the programs take their time to end, the containers are said to be stopping', async () => {
  const steps: string[] = [];
  const client = {
    call: (_: string, __: object, tell: (event: SessionEvent) => void) => {
      tell({ kind: 'step', subject: 'orders', state: 'done', words: 'released' });
      tell({ kind: 'released' });
      tell({ kind: 'step', subject: 'containers', state: 'done', words: 'removed' });
      return Promise.resolve({});
    },
  };
  const never = new Promise<never>(() => undefined);
  const leaving = {
    story: {
      say: () => undefined,
      block: () => undefined,
      step: (...words: string[]) => void steps.push(words.join(' ')),
    },
    interrupts: { happened: true, first: never, second: never },
  };
  const left = ['orders released done', 'containers stopping working', 'containers removed done'];
  await endWith(client as never, 'remove', leaving);
  expect(steps.splice(0)).toEqual(left);
  await endWith(client as never, 'stay', leaving);
  expect(steps).not.toContain('containers stopping working');
});
