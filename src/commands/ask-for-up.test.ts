import { expect, test } from 'vitest';
import { kdevError } from '../errors/kdev-error.ts';
import type { SessionEvent, UpRequest } from '../session/control.ts';
import type { ControlClient } from '../session/control-client.ts';
import { type AskForUp, askForUp } from './ask-for-up.ts';

const ending = kdevError('SESSION_BUSY', {
  fact: 'the session is ending at this moment',
  hints: [{ who: 'you', text: 'run the command again' }],
});
const result = { session: 'abc', before: {}, services: [], failed: [] };

type Answer = (tell: (event: SessionEvent) => void) => Promise<unknown>;

/** One session after the other, each with its answer to `up`. */
function asking(answers: readonly Answer[], patienceMs = 10_000) {
  const left = [...answers];
  const steps: string[] = [];
  const closed: number[] = [];
  const client = (answer: Answer, index: number): Pick<ControlClient, 'call' | 'close'> => ({
    call: (_method, _params, onEvent) => answer(onEvent ?? (() => undefined)) as Promise<never>,
    close: () => void closed.push(index),
  });
  const never = new Promise<never>(() => undefined);
  const asked: AskForUp = {
    join: () => {
      const index = answers.length - left.length;
      const answer = left.shift();
      if (!answer) throw new Error('nobody expected another session');
      return Promise.resolve({ client: client(answer, index) as ControlClient, isNew: false });
    },
    request: { project: 'shop' } as UpRequest,
    onEvent: () => undefined,
    patienceMs,
    around: {
      story: {
        say: () => undefined,
        block: () => undefined,
        step: (subject, state, phase) => void steps.push(`${subject}: ${state} (${phase})`),
      },
      interrupts: { happened: false, first: never, second: never, race: (work) => work },
    },
  };
  return { asked, steps, closed };
}

const endsAndRefuses: Answer = (tell) => {
  tell({ kind: 'ending' });
  return Promise.reject(ending);
};

test('a session that ends is waited for, in words, and then the next one is asked', async () => {
  const { asked, steps, closed } = asking([endsAndRefuses, () => Promise.resolve(result)]);
  expect((await askForUp(asked)).result).toBe(result);
  expect(closed).toEqual([0]);
  expect(steps).toEqual([
    'former session: ends; waited for it for 10 s at most (working)',
    'former session: has ended (done)',
  ]);
});

test('one that does not come to its end is told', async () => {
  const never: Answer = (tell) => {
    tell({ kind: 'ending' });
    return new Promise(() => undefined);
  };
  const { asked, steps, closed } = asking([never], 20);
  // Its deadline alone does not keep the process.
  const kept = setInterval(() => undefined, 1_000);
  await expect(askForUp(asked)).rejects.toMatchObject({
    code: 'KDEV8003',
    fact: 'the session of shop is ending, and was not done within 0.02 s',
  });
  clearInterval(kept);
  expect(closed).toEqual([0]);
  expect(steps.at(-1)).toBe('former session: still ends (failed)');
});

test('one that another command brings up, or ends meanwhile, is not waited for', async () => {
  const { asked } = asking([() => Promise.reject(ending)]);
  await expect(askForUp(asked)).rejects.toBe(ending);
});
