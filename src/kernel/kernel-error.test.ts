import { expect, test } from 'vitest';
import { errnoName, KernelError } from './kernel-error.ts';
import { checked, libc } from './libc.ts';

test("errno names are Node's, and the kernel's where Node has none", () => {
  expect(errnoName(111)).toBe('ECONNREFUSED');
  expect(errnoName(11)).toBe('EAGAIN');
  expect(errnoName(95)).toBe('ENOTSUP');
  expect(errnoName(74)).toBe('EBADMSG');
  expect(errnoName(4000)).toBe('E4000');
});

test('a refused call tells what was called and why', () => {
  let caught: unknown;
  try {
    checked(libc.close(-1), 'close', 'fd -1');
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(KernelError);
  expect(caught).toMatchObject({ code: 'EBADF', errno: 9, syscall: 'close' });
  expect(String(caught)).toBe('KernelError: close: EBADF (fd -1)');
});
