import { expect, test } from 'vitest';
import { MARKS } from '../network-plan.ts';
import { judgeDial } from './judge-dial.ts';

test.each([
  ['ECONNREFUSED', MARKS.refuse],
  ['EHOSTUNREACH', MARKS.hostUnreachable],
  ['ENETUNREACH', MARKS.netUnreachable],
  ['EPERM', MARKS.hostUnreachable],
  ['EMFILE', MARKS.hostUnreachable],
  ['constructor', MARKS.hostUnreachable],
])('%s goes on with a mark that the rules answer', (code, mark) => {
  expect(judgeDial(code)).toEqual({ verdict: 'accept', mark });
});

test.each(['ETIMEDOUT', 'ECANCELED', 'EAGAIN'])('%s is left to the service’s own timer', (code) => {
  expect(judgeDial(code)).toEqual({ verdict: 'drop' });
});
