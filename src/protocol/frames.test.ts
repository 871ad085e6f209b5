import { expect, test } from 'vitest';
import { decodeCodeAndText, encodeCodeAndText } from './failure.ts';
import {
  decodeRst,
  decodeWindow,
  encodeFailure,
  encodeFrame,
  encodeRst,
  encodeWindow,
  FRAME,
} from './frames.ts';
import { LIMITS } from './limits.ts';

test('literal bytes of the frames with numbers', () => {
  expect(encodeWindow(5, 131_072).toString('hex')).toBe('0500000400000005' + '00020000');
  expect(encodeRst(5, 111).toString('hex')).toBe('0700000200000005' + '006f');
  expect(encodeFailure(FRAME.error, 9, 2, 'no').toString('hex')).toBe(
    '0b00000400000009' + '0002' + '6e6f',
  );
  expect(encodeFrame(FRAME.ping, 0xffff_ffff).toString('hex')).toBe('0d000000ffffffff');
});

test('numbers come back, and short ones are refused', () => {
  expect(decodeWindow(encodeWindow(1, 0xffff_ffff).subarray(8))).toBe(0xffff_ffff);
  expect(decodeRst(encodeRst(1, 1001).subarray(8))).toBe(1001);
  expect(() => decodeWindow(Buffer.alloc(3))).toThrow('malformed WINDOW');
  expect(() => decodeRst(Buffer.alloc(1))).toThrow('malformed RST');
});

test('a text is cut to its limit, and garbage has none', () => {
  const { code, text } = decodeCodeAndText(encodeCodeAndText(71, 'x'.repeat(5000)));
  expect([code, text.length]).toEqual([71, LIMITS.textBytes]);
  expect(decodeCodeAndText(Buffer.from([1]))).toEqual({ code: 0, text: '' });
});
