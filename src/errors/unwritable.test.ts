import { expect, test } from 'vitest';
import { unwritable } from './unwritable.ts';

const errno = (code: string) => Object.assign(new Error(`${code}: no`), { code });

test('what keeps a program from writing is told with what to do', () => {
  expect(unwritable('/run/user/7/kdev', 'XDG_RUNTIME_DIR', errno('ENOSPC'))).toMatchObject({
    code: 'KDEV8006',
    fact: 'kdev cannot write to /run/user/7/kdev',
    evidence: 'ENOSPC: no',
    hints: [{ command: 'df -h /run/user/7' }, { text: expect.stringContaining('XDG_RUNTIME_DIR') }],
  });
  expect(unwritable('/a/b', undefined, errno('EROFS'))).toMatchObject({
    hints: [{ command: 'ls -ld /a' }],
  });
});

test.each([errno('EMFILE'), new TypeError('a bug'), 'text'])('%s is something else', (error) => {
  expect(unwritable('/a', 'X', error)).toBe(error);
});
