import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeMap,
  encodeCallHead,
  encodeMap,
  encodeReplyHead,
  splitCall,
  splitReply,
} from './codec.ts';
import { LIMITS } from './limits.ts';

const anyValue = fc.letrec((again) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true }).map((n) => n + 0),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
    fc.array(again('value'), { maxLength: 5 }),
    fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), again('value'), { noNullPrototype: true }),
  ),
})).value;

describe('maps', () => {
  test('literal bytes', () => {
    expect(encodeMap({ path: '/', n: 1 }).toString('hex')).toBe(
      '82' + 'a470617468' + 'a12f' + 'a16e' + '01',
    );
  });

  test('any map comes back as it was, 64-bit integers as bigint', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), anyValue, { noNullPrototype: true }),
        (map) => {
          expect(decodeMap(encodeMap(map))).toEqual(map);
        },
      ),
    );
  });

  test('what is no map, is cut short or has bytes behind it is refused', () => {
    const whole = encodeMap({ path: '/etc', list: [1, 2, 3] });
    for (let length = 0; length < whole.length; length += 1) {
      expect(() => decodeMap(whole.subarray(0, length))).toThrow();
    }
    const others = ['90', 'c0', 'c3', 'a161', '01', 'c1', '8001', 'dd7fffffff', 'df7fffffff'];
    for (const hex of others) {
      expect(() => decodeMap(Buffer.from(hex, 'hex'))).toThrow(
        expect.objectContaining({ code: 'EPROTO' }),
      );
    }
  });

  test('random bytes are a map or EPROTO, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          decodeMap(Buffer.from(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'EPROTO' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a map nested without end is refused', () => {
    const deep = Buffer.concat([Buffer.from('81a161', 'hex'), Buffer.alloc(100_000, 0x91)]);
    expect(() => decodeMap(deep)).toThrow(expect.objectContaining({ code: 'EPROTO' }));
  });

  test('a key cannot reach the prototype', () => {
    const hostile = Buffer.concat([
      Buffer.from('81a9', 'hex'),
      Buffer.from('__proto__'),
      Buffer.from('81a16101', 'hex'),
    ]);
    const map = decodeMap(hostile);
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
    expect('a' in map).toBe(false);
  });
});

describe('calls', () => {
  test('literal bytes of a call with a tail', () => {
    const head = encodeCallHead(3, { method: 'dns.query', args: { n: 1 }, tailBytes: 2 });
    expect(head.toString('hex')).toBe(
      '09000014' +
        '00000003' +
        '09' +
        Buffer.from('dns.query').toString('hex') +
        '00000004' +
        '81a16e01',
    );
    const payload = Buffer.concat([head.subarray(8), Buffer.from('hi')]);
    const { method, map, tail } = splitCall(payload);
    expect([method, decodeMap(map), String(tail)]).toEqual(['dns.query', { n: 1 }, 'hi']);
  });

  test('literal bytes of a reply', () => {
    const head = encodeReplyHead(3, {}, 0);
    expect(head.toString('hex')).toBe('0a000005' + '00000003' + '00000001' + '80');
    expect(splitReply(head.subarray(8)).tail).toHaveLength(0);
  });

  test('what is cut short anywhere is refused', () => {
    const payload = encodeCallHead(3, {
      method: 'dns.query',
      args: { n: 1 },
      tailBytes: 0,
    }).subarray(8);
    for (let length = 0; length < payload.length; length += 1) {
      expect(() => splitCall(payload.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'EPROTO' }),
      );
    }
  });

  test('a call beyond its limits is not sent', () => {
    const args = { text: 'x'.repeat(LIMITS.bodyBytes) };
    const call = { method: 'sidecar.notice', args, tailBytes: 0 };
    expect(() => encodeCallHead(1, call)).toThrow(expect.objectContaining({ code: 'EMSGSIZE' }));
    expect(() => encodeReplyHead(1, {}, LIMITS.callBytes)).toThrow(
      expect.objectContaining({ code: 'EMSGSIZE' }),
    );
  });
});
