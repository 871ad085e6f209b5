import { expect, test } from 'vitest';
import { parseComposeLine } from './compose.ts';
import { scaleAsUp } from './scale.ts';
import type { Work } from './work.ts';

function work(...words: string[]): Work {
  const services = new Map([['api', {}]]);
  const project = { xKdev: { services, project: undefined } };
  return { commandLine: parseComposeLine(['scale', ...words]), project } as unknown as Work;
}

test('a service with x-kdev is scaled to one at most, in the words that were typed', () => {
  expect(scaleAsUp(work('api=1', 'web=3'))?.commandLine.rest).toEqual([
    '-d',
    '--scale=api=1',
    '--scale=web=3',
    'api',
    'web',
  ]);
  expect(() => scaleAsUp(work('api=2'))).toThrow(
    expect.objectContaining({
      code: 'KDEV2302',
      hints: [expect.objectContaining({ command: 'kdev compose scale api=1' })],
    }),
  );
});
