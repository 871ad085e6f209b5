import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBlock } from './ring-block.ts';

/** A block as the kernel writes it: header of 48 bytes, packets behind each other, each with its network offset of 80. */
function blockOf(payloads: Buffer[], size = 4096): Buffer {
  const block = Buffer.alloc(size);
  block.writeUInt32LE(1, 8);
  block.writeUInt32LE(payloads.length, 12);
  block.writeUInt32LE(48, 16);
  let at = 48;
  payloads.forEach((payload, index) => {
    const bytes = (80 + payload.length + 7) & ~7;
    block.writeUInt32LE(index + 1 < payloads.length ? bytes : 0, at);
    block.writeUInt32LE(payload.length, at + 12);
    block.writeUInt16LE(80, at + 26);
    payload.copy(block, at + 80);
    at += bytes;
  });
  return block;
}

function read(block: Buffer): string[] {
  const packets: string[] = [];
  readBlock(block, (packet) => packets.push(packet.toString()));
  return packets;
}

test('hands over every packet, from its IP header on', () => {
  expect(read(blockOf([Buffer.from('one'), Buffer.from('second'), Buffer.alloc(0)]))).toEqual([
    'one',
    'second',
    '',
  ]);
  expect(read(blockOf([]))).toEqual([]);
});

test.each([
  ['the first packet', 16, 4090],
  ['the first packet, inside of the header', 16, 8],
  ['the next packet', 48, 0xffffff],
  ['a length', 48 + 12, 5000],
])('%s outside of the block ends it', (_, at, value) => {
  const block = blockOf([Buffer.from('one'), Buffer.from('two')]);
  block.writeUInt32LE(value, at);
  expect(read(block).length).toBeLessThan(2);
});

test('no numbers make it read outside or without end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 300 }), (bytes) => {
      const block = Buffer.from(bytes);
      readBlock(block, (packet) => {
        expect(packet.byteOffset + packet.length).toBeLessThanOrEqual(
          block.byteOffset + block.length,
        );
      });
    }),
  );
});
