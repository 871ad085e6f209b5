import { describe, expect, test } from 'vitest';
import { encodeMap } from '../../src/protocol/codec.ts';
import { PROTOCOL_VERSION } from '../../src/protocol/launch.ts';
import { LIMITS } from '../../src/protocol/limits.ts';
import { info } from './drive.ts';
import { frame, helloFrame, openPayload, RawPeer, record } from './raw-peer.ts';

const ack = (offset: bigint) => {
  const payload = Buffer.alloc(8);
  payload.writeBigUInt64BE(offset);
  return payload;
};

/** The mux ends with EPROTO and these words, and says so in the link's ABORT. */
async function expectViolation(peer: RawPeer, words: string): Promise<void> {
  expect(await peer.mux.closed).toMatchObject({
    code: 'EPROTO',
    message: expect.stringContaining(words),
  });
  const { payload } = await peer.record(7);
  expect(payload.readUInt16BE(0)).toBe(71);
  expect(payload.toString('utf8', 2)).toContain(words);
}

const broken: readonly (readonly [string, string, readonly Buffer[]])[] = [
  ['a first frame that is no HELLO', 'did not begin with HELLO', [frame(13, 1)]],
  ['DATA before HELLO', 'did not begin with HELLO', [frame(4, 1, 'x')]],
  ['HELLO twice', 'HELLO twice', [helloFrame, helloFrame]],
  ['HELLO that is no map', 'malformed map', [frame(1, 0, '\xc1')]],
  ['HELLO without a version', 'which protocol', [frame(1, 0, encodeMap({ features: [] }))]],
  ['a HELLO beyond its limit', '4097 bytes in type 1', [frame(1, 0, '', LIMITS.helloBytes + 1)]],
  ['a type that does not exist', 'unknown type 0', [helloFrame, frame(0, 0)]],
  ['a type of the future that must be known', 'unknown type 100', [helloFrame, frame(100, 1)]],
  ['an OPEN beyond its limit', 'in type 2', [helloFrame, frame(2, 1, '', LIMITS.openBytes + 1)]],
  ['an OPEN with the id of the other side', 'stream id 2', [helloFrame, frame(2, 2, openPayload)]],
  ['an OPEN of the id 0', 'stream id 0', [helloFrame, frame(2, 0, openPayload)]],
  ['an OPEN that is no map', 'malformed map', [helloFrame, frame(2, 1, '\0\xc1')]],
  [
    'an OPEN of an id in use',
    'stream id 1',
    [helloFrame, frame(2, 1, openPayload), frame(2, 1, openPayload)],
  ],
  ['an ACCEPT with a payload', 'in type 3', [helloFrame, frame(3, 1, 'x')]],
  [
    'an ACCEPT from the opener',
    'ACCEPT from the opener',
    [helloFrame, frame(2, 1, openPayload), frame(3, 1)],
  ],
  [
    'DATA beyond its limit',
    'in type 4',
    [helloFrame, frame(2, 1, openPayload), frame(4, 1, '', LIMITS.dataFrameBytes + 1)],
  ],
  [
    'DATA beyond its window',
    'beyond its window',
    [
      helloFrame,
      frame(2, 1, openPayload),
      ...Array.from({ length: 4 }, () => frame(4, 1, Buffer.alloc(65_536))),
      frame(4, 1, 'x'),
    ],
  ],
  [
    'DATA behind FIN',
    'DATA behind FIN',
    [helloFrame, frame(2, 1, openPayload), frame(6, 1), frame(4, 1, 'x')],
  ],
  ['FIN twice', 'FIN twice', [helloFrame, frame(2, 1, openPayload), frame(6, 1), frame(6, 1)]],
  [
    'credit beyond its limit',
    'credit beyond',
    [helloFrame, frame(2, 1, openPayload), frame(5, 1, '\x01\0\0\0')],
  ],
  ['a short WINDOW', 'malformed WINDOW', [helloFrame, frame(2, 1, openPayload), frame(5, 1, 'x')]],
  ['a long WINDOW', 'in type 5', [helloFrame, frame(5, 1, '12345')]],
  ['a short RST', 'malformed RST', [helloFrame, frame(2, 1, openPayload), frame(7, 1, 'x')]],
  ['a CALL beyond its limit', 'in type 9', [helloFrame, frame(9, 1, '', LIMITS.callBytes + 1)]],
  ['a REPLY beyond its limit', 'in type 10', [helloFrame, frame(10, 1, '', LIMITS.callBytes + 1)]],
  ['a CALL without a method', 'without a method', [helloFrame, frame(9, 1, '\0')]],
  ['a CALL cut short in its name', 'without a method', [helloFrame, frame(9, 1, '\x09dns')]],
  ['a CALL cut short in its map', 'truncated', [helloFrame, frame(9, 1, '\x01x\0\0\0\x05a')]],
  ['an ERROR beyond its limit', 'in type 11', [helloFrame, frame(11, 1, '', 2000)]],
  ['a PING with a payload', 'in type 13', [helloFrame, frame(13, 1, 'x')]],
  ['a GOAWAY beyond its limit', 'in type 15', [helloFrame, frame(15, 0, '', 2000)]],
];

describe('a peer that breaks the mux ends the tunnel, in words', () => {
  test.each(broken)('%s', async (_what, words, frames) => {
    const peer = await RawPeer.meet();
    peer.mux.onStream = (stream) => stream.on('error', () => {});
    peer.send(...frames);
    await expectViolation(peer, words);
  });

  test('another version, with both in the words', async () => {
    const peer = await RawPeer.meet();
    peer.send(frame(1, 0, encodeMap({ protocol: 999, features: [] })));
    await expectViolation(
      peer,
      `the caller speaks protocol 999, this side speaks ${PROTOCOL_VERSION}`,
    );
    await expect(peer.mux.peer).rejects.toMatchObject({ code: 'EPROTO' });
  });
});

describe('a peer that breaks the link ends the tunnel, in words', () => {
  test.each([
    ['a record of type 0', 'unknown type 0', record(0)],
    ['a record that must be known', 'unknown type 100', record(100)],
    ['an ACK of what was never sent', 'an ACK of 999999', record(2, ack(999_999n))],
    ['an ACK beyond 2^53', 'beyond 2^53', record(2, ack(2n ** 63n))],
    ['an ACK of the wrong length', 'malformed ACK', record(2, 'x')],
    ['a PING with a payload', 'in type 3', record(3, 'x')],
    ['an ABORT beyond its limit', 'in type 7', record(7, '', 2000)],
  ])('%s', async (_what, words, bytes) => {
    const peer = await RawPeer.meet();
    peer.send(helloFrame);
    peer.pipe.write(bytes);
    await expectViolation(peer, words);
  });
});

describe('what a newer or a late peer may send is survived', () => {
  test('types that may be skipped, extra keys, more features than anybody has', async () => {
    const peer = await RawPeer.meet();
    const features = Array.from(
      { length: 400 },
      (_, n) => `f${n % 100}${'x'.repeat(n < 20 ? 100 : 0)}`,
    );
    peer.send(
      frame(1, 0, encodeMap({ protocol: 2, features: [...features, 7], novelty: true })),
      frame(200, 5, 'whatever it means'),
    );
    peer.pipe.write(record(201, 'whatever it means'));
    expect((await peer.mux.peer).features.size).toBe(LIMITS.features);
    peer.send(frame(13, 77));
    await peer.frame(14, 77);
    await peer.mux.close();
  });

  test('frames for streams, calls and pings that are not there', async () => {
    const peer = await RawPeer.meet();
    peer.send(helloFrame, frame(3, 99), frame(4, 99, 'x'), frame(5, 99, '\0\0\0\x01'));
    peer.send(frame(6, 99), frame(7, 99, '\0\x68'), frame(10, 99, ''), frame(11, 99, ''));
    peer.send(frame(12, 99), frame(14, 99), frame(13, 1));
    await peer.frame(14, 1);
    expect(peer.mux.openStreams).toBe(0);
    await peer.mux.close();
  });

  test.each([
    ['a kind that this side does not know', Buffer.from([0]), { kind: 'outgoing.sctp' }],
    ['a priority that this side does not know', Buffer.from([9]), info],
    ['a kind without its endpoint', Buffer.from([0]), { kind: 'outgoing.tcp' }],
    ['a port that is none', Buffer.from([0]), { ...info, to: { address: '::1', port: 70_000 } }],
  ])('a stream of %s is refused alone', async (_what, priority, map) => {
    const peer = await RawPeer.meet();
    peer.send(helloFrame, frame(2, 1, Buffer.concat([priority, encodeMap(map)])));
    expect((await peer.frame(7, 1)).payload.readUInt16BE(0)).toBe(93);
    expect(peer.mux.openStreams).toBe(0);
    await peer.mux.close();
  });

  test('calls: unknown methods are ENOSYS, wrong arguments EINVAL, garbage EPROTO', async () => {
    const peer = await RawPeer.meet();
    peer.mux.handle('files.list', () => Promise.resolve({ body: { entries: [] } }));
    const call = (name: string, map: Buffer) => {
      const size = Buffer.alloc(4);
      size.writeUInt32BE(map.length);
      return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), size, map]);
    };
    peer.send(
      helloFrame,
      frame(9, 1, call('files.shred', encodeMap({ path: '/' }))),
      frame(9, 2, call('files.list', encodeMap({ path: 7 }))),
      frame(9, 3, call('files.list', Buffer.from([0xc1]))),
      frame(9, 4, call('files.list', encodeMap({ path: '/', novelty: 1 }))),
      frame(9, 5, call('constructor', encodeMap({}))),
    );
    const code = async (id: number) => (await peer.frame(11, id)).payload.readUInt16BE(0);
    expect([await code(1), await code(2), await code(3), await code(5)]).toEqual([38, 22, 71, 38]);
    expect((await peer.frame(10, 4)).payload.subarray(4)).toEqual(encodeMap({ entries: [] }));
    await peer.mux.close();
  });

  test('an answer of the wrong shape fails its call alone', async () => {
    const peer = await RawPeer.meet();
    peer.send(helloFrame);
    const asked = peer.mux.call('sidecar.notice', { text: 'hello' });
    const { id } = await peer.frame(9);
    peer.send(frame(10, id, '\0\0\0\x01\x90'));
    await expect(asked).rejects.toMatchObject({ code: 'EPROTO' });
    peer.send(frame(13, 1));
    await peer.frame(14, 1);
    await peer.mux.close();
  });
});
