import { expect, test } from 'vitest';
import type { ContainersAtEnd } from './control.ts';
import { Departure } from './departure.ts';

function departing(containers: ContainersAtEnd = 'down') {
  const departure = new Departure();
  const command = new AbortController();
  const { end, gone } = departure.handlers(() => Promise.resolve({}));
  const caller = { tell: () => undefined, gone: command.signal };
  return {
    departure,
    command,
    begin: () => end({ containers }, caller),
    done: () => gone({}, caller),
  };
}

test('who says that it is done may be gone then', async () => {
  const { departure, command, begin, done } = departing();
  await begin();
  await done();
  command.abort();
  expect(await departure.outcome).toBe('done');
});

test.each(['before', 'after'])('a command that is gone %s its request was read', async (when) => {
  const { departure, command, begin, done } = departing();
  if (when === 'before') command.abort();
  await begin();
  command.abort();
  await done();
  expect(await departure.outcome).toBe('abandoned');
});

test('a command that ends the session in another way may leave', async () => {
  const { departure, command, begin, done } = departing('remove');
  await begin();
  command.abort();
  await done();
  expect(await departure.outcome).toBe('done');
});
