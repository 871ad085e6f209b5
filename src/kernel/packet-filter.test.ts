import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePortFilter, MAX_FILTER_PORTS, type MarkedPackets } from './packet-filter.ts';

test('the program for one port, instruction by instruction', () => {
  const leaveOut = { mask: 0xffff_0000, value: 0x6b64_0000 };
  expect(encodePortFilter([8080], leaveOut).toString('hex').match(/.{16}/g)).toEqual([
    '3000000004f0ffff', // ldb [type of packet]
    '1500001200000000', // jne host, drop
    '2000000014f0ffff', // ld [mark]
    '540000000000ffff', // and #0xffff0000
    '15000f000000646b', // jeq #0x6b640000, drop
    '3000000000000000', // ldb [0]
    '54000000f0000000', // and #0xf0
    '1500010040000000', // jeq #0x40, IPv4
    '1500070b60000000', // jeq #0x60, IPv6, else drop
    '3000000009000000', // ldb [protocol]
    '1500000906000000', // jne #tcp, drop
    '2800000006000000', // ldh [fragment]
    '45000700ff1f0000', // jset #0x1fff, drop
    'b100000000000000', // ldx 4*([0]&0xf)
    '4800000002000000', // ldh [x + 2]
    '0500000003000000', // ja compare
    '3000000006000000', // ldb [next header]
    '1500000206000000', // jne #tcp, drop
    '280000002a000000', // ldh [42]
    '15000100901f0000', // jeq #8080, accept
    '0600000000000000', // drop
    '06000000ffffffff', // accept
  ]);
});

/** A packet as the program sees it: loads beyond its end drop it. */
interface Packet {
  readonly bytes: Buffer;
  readonly type: number;
  readonly mark?: number;
}

interface Machine {
  a: number;
  x: number;
  pc: number;
}

/** Loads by the kernel's rules (Documentation/networking/filter.rst), for the instructions that the program uses. */
function load(code: number, k: number, machine: Machine, packet: Packet): number | undefined {
  const at = (offset: number, size: number): number => {
    if (offset + size > packet.bytes.length) throw new RangeError('drops');
    return packet.bytes.readUIntBE(offset, size);
  };
  if (code === 0x20 && k === 0xfffff014) return packet.mark ?? 0;
  if (code === 0x30) return k === 0xfffff004 ? packet.type : at(k, 1);
  if (code === 0x28) return at(k, 2);
  if (code === 0x48) return at(machine.x + k, 2);
  return undefined;
}

function run(program: Buffer, packet: Packet): number {
  const machine: Machine = { a: 0, x: 0, pc: 0 };
  for (; machine.pc < program.length / 8; machine.pc++) {
    const here = machine.pc * 8;
    const code = program.readUInt16LE(here);
    const k = program.readUInt32LE(here + 4);
    const jump = (yes: boolean): void => {
      machine.pc += program.readUInt8(here + (yes ? 2 : 3));
    };
    const steps: Record<number, () => void> = {
      177: () => {
        machine.x = (packet.bytes.readUInt8(k) & 15) * 4;
      },
      84: () => {
        machine.a = (machine.a & k) >>> 0;
      },
      5: () => {
        machine.pc += k;
      },
      21: () => jump(machine.a === k),
      69: () => jump((machine.a & k) !== 0),
    };
    if (code === 0x06) return k;
    const loaded = load(code, k, machine, packet);
    const step = steps[code];
    if (loaded !== undefined) machine.a = loaded;
    else if (step) step();
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error('ran off the end');
}

function passes(ports: number[], packet: Packet, leaveOut?: MarkedPackets): boolean {
  try {
    return run(encodePortFilter(ports, leaveOut), packet) === 0xffffffff;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function packetTo(port: number, family: 4 | 6, options = 0): Buffer {
  const header = family === 4 ? 20 + options * 4 : 40;
  const bytes = Buffer.alloc(header + 20);
  bytes.writeUInt8(family === 4 ? 0x45 + options : 0x60, 0);
  bytes.writeUInt8(6, family === 4 ? 9 : 6);
  bytes.writeUInt16BE(port, header + 2);
  return bytes;
}

test('passes exactly its ports, in both families and behind IP options', () => {
  const port = fc.integer({ min: 1, max: 65535 });
  const ports = fc.array(port, { maxLength: MAX_FILTER_PORTS });
  fc.assert(
    fc.property(ports, port, fc.constantFrom(4, 6), fc.nat(10), (list, other, family, options) => {
      for (const one of [...list, other]) {
        const bytes = packetTo(one, family, options);
        expect(passes(list, { bytes, type: 0 })).toBe(list.includes(one));
      }
    }),
    { numRuns: 40 },
  );
});

test('drops what leaves, what is for others, UDP, fragments, and other versions', () => {
  const bytes = packetTo(8080, 4);
  expect(passes([8080], { bytes, type: 0 })).toBe(true);
  for (const type of [1, 2, 3, 4]) expect(passes([8080], { bytes, type })).toBe(false);
  for (const [at, value] of [
    [9, 17],
    [7, 1],
    [0, 0x55],
  ] as const) {
    const other = Buffer.from(bytes);
    other.writeUInt8(value, at);
    expect(passes([8080], { bytes: other, type: 0 })).toBe(false);
  }
  const extension = packetTo(8080, 6);
  extension.writeUInt8(0, 6);
  expect(passes([8080], { bytes: extension, type: 0 })).toBe(false);
  expect(passes([], { bytes, type: 0 })).toBe(false);
  expect(passes([8080], { bytes: bytes.subarray(0, 21), type: 0 })).toBe(false);
});

test('drops what is marked as to be left out, and nothing else for its mark', () => {
  const bytes = packetTo(8080, 4);
  const leaveOut = { mask: 0xffff_0000, value: 0x6b64_0000 };
  const passesWith = (mark: number) => passes([8080], { bytes, type: 0, mark }, leaveOut);
  expect([0x6b64_0000, 0x6b64_0001, 0x6b64_ffff].map(passesWith)).toEqual([false, false, false]);
  expect([0, 1, 0x6b63_ffff, 0x6b65_0000].map(passesWith)).toEqual([true, true, true, true]);
  expect(passes([8080], { bytes, type: 0, mark: 1 })).toBe(true);
});

test('too many ports are refused', () => {
  const ports = Array.from({ length: MAX_FILTER_PORTS + 1 }, (_, at) => at + 1);
  expect(() => encodePortFilter(ports)).toThrow(/at most 200/);
});
