import { expect, test } from 'vitest';
import {
  decodeRequest,
  encodeAttributes,
  encodeDirents,
  encodeEntry,
  encodeInit,
} from './fuse-protocol.ts';

const attributes = {
  ino: 7,
  mode: 0o100644,
  nlink: 1,
  uid: 1000,
  gid: 100,
  rdev: 0,
  size: 2 ** 33 + 5,
  blocks: 8,
  atimeNs: 0n,
  mtimeNs: 1_700_000_000_123_456_789n,
  ctimeNs: -1n,
};

test('struct fuse_in_header: length, opcode, unique as two words, node id', () => {
  const lookup = Buffer.from(
    '2e000000' +
      '01000000' +
      '0200000000000080' +
      '0500000000000000' +
      '00'.repeat(16) +
      Buffer.from('hello\0').toString('hex'),
    'hex',
  );
  expect(decodeRequest(lookup, lookup.length)).toMatchObject({
    opcode: 1,
    uniqueLow: 2,
    uniqueHigh: 0x80000000,
    node: 5,
  });
  expect(decodeRequest(lookup, lookup.length - 1)).toBeUndefined();
  expect(decodeRequest(lookup, 12)).toBeUndefined();
});

test('struct fuse_attr_out: 64-bit sizes, nanoseconds, a time before 1970', () => {
  const out = encodeAttributes(attributes, 9, 1500);
  expect(out.length).toBe(104);
  expect(out.readBigUInt64LE(0)).toBe(1n); // attr_valid
  expect(out.readUInt32LE(8)).toBe(500_000_000);
  expect(out.readBigUInt64LE(16)).toBe(7n); // ino
  expect(out.readBigUInt64LE(24)).toBe(BigInt(attributes.size));
  expect(out.readBigInt64LE(48)).toBe(1_700_000_000n); // mtime
  expect(out.readUInt32LE(68)).toBe(123_456_789);
  expect(out.readBigInt64LE(56)).toBe(-1n); // ctime
  expect(out.readUInt32LE(72)).toBe(999_999_999);
  expect(out.readUInt32LE(76)).toBe(0o100644);
});

test('a name that is not there is an entry with node 0 and a time to live', () => {
  const out = encodeEntry({ node: 0, entryTtlMs: 1000, attributesTtlMs: 0 });
  expect(out.length).toBe(128);
  expect(out.readBigUInt64LE(0)).toBe(0n);
  expect(out.readBigUInt64LE(16)).toBe(1n);
});

test('directory entries stop where the kernel has no more room, and go on from there', () => {
  const entries = Array.from({ length: 10 }, (_, index) => ({
    name: `file-${index}`,
    ino: index + 1,
    mode: 0o100644,
  }));
  const first = encodeDirents(entries, 0, 100, 'plain');
  expect(first.taken).toBe(3); // 24 + 6 bytes, padded to 32
  expect(first.bytes.length).toBe(96);
  expect(first.bytes.readBigUInt64LE(8)).toBe(1n); // offset of the next one
  expect(encodeDirents(entries, 3, 4096, 'plain').taken).toBe(7);
  expect(encodeDirents(entries, 10, 4096, 'plus').bytes.length).toBe(0);
  expect(encodeDirents(entries, 0, 10, 'plus').taken).toBe(0);
});

test('struct fuse_init_out asks for nothing that the kernel does not offer', () => {
  const body = Buffer.alloc(64);
  body.writeUInt32LE(7, 0);
  body.writeUInt32LE(45, 4);
  body.writeUInt32LE(131_072, 8);
  const out = encodeInit(body);
  expect(out.readUInt32LE(12)).toBe(0);
  expect(out.readUInt32LE(32)).toBe(0);
  body.writeUInt32LE(0xffffffff, 12);
  body.writeUInt32LE(0xffffffff, 16);
  expect(encodeInit(body).readUInt32LE(32)).toBe(1 << 7);
});
