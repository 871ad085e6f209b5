import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { failure, info } from './drive.ts';
import { frame, helloFrame, openPayload, RawPeer, record } from './raw-peer.ts';

test('more streams than the limit are EAGAIN, and room is made when one ends', async () => {
  const peer = await RawPeer.meet({ maxStreams: 10 });
  peer.mux.onStream = (stream) => stream.on('error', () => {});
  peer.send(helloFrame);
  for (let n = 0; n < 10; n += 1) peer.send(frame(2, 2 * n + 1, openPayload));
  peer.send(frame(2, 21, openPayload));
  expect((await peer.frame(7, 21)).payload.readUInt16BE(0)).toBe(11);
  peer.send(frame(7, 1, '\0\x68'), frame(13, 1));
  await peer.frame(14, 1);
  await turn();
  peer.send(frame(2, 23, openPayload), frame(13, 2));
  await peer.frame(14, 2);
  expect(peer.frames.some(({ type, id }) => type === 7 && id === 23)).toBe(false);
  expect(peer.mux.openStreams).toBe(10);
  await peer.mux.close();
});

test('more calls than the limit are EAGAIN, and a cancelled one counts until it has stopped', async () => {
  const peer = await RawPeer.meet({ maxCalls: 3 });
  let stop: () => void = () => {};
  peer.mux.handle(
    'agent.leave',
    () =>
      new Promise((_resolve, reject) => {
        stop = () => reject(new Error('stopped'));
      }),
  );
  const call = Buffer.concat([Buffer.from('\x0bagent.leave\0\0\0\x01'), Buffer.from([0x80])]);
  peer.send(helloFrame, frame(9, 1, call), frame(9, 2, call), frame(9, 3, call));
  peer.send(frame(12, 3), frame(9, 4, call));
  expect((await peer.frame(11, 4)).payload.readUInt16BE(0)).toBe(11);
  stop();
  await turn();
  peer.send(frame(9, 5, call), frame(9, 6, call));
  expect((await peer.frame(11, 6)).payload.readUInt16BE(0)).toBe(11);
  expect(peer.frames.some(({ type, id }) => type === 11 && id === 5)).toBe(false);
  await peer.mux.close();
});

test('pings that are asked and never read end the tunnel instead of filling the memory', async () => {
  const peer = await RawPeer.meet();
  peer.send(helloFrame);
  await peer.frame(1);
  peer.pipe.pause();
  const pings = Buffer.concat(Array.from({ length: 64_000 }, (_, n) => frame(13, n)));
  for (let n = 0; n < 120; n += 1) {
    peer.send(pings);
    await turn();
  }
  expect(await peer.mux.closed).toMatchObject({ code: 'ENOBUFS' });
});

test('link pings that are asked and never read fill no memory', async () => {
  const peer = await RawPeer.meet();
  peer.send(helloFrame);
  await peer.frame(1);
  peer.pipe.pause();
  const before = await heldBytes();
  const pings = Buffer.concat(Array.from({ length: 100_000 }, () => record(3)));
  for (let n = 0; n < 100; n += 1) {
    peer.pipe.write(pings);
    await turn();
  }
  expect((await heldBytes()) - before).toBeLessThan(5_000_000);
  peer.pipe.destroy();
  peer.pipe.resume();
});

test('large answers that are asked and never read are EAGAIN beyond their limit', async () => {
  const peer = await RawPeer.meet();
  const tail = Buffer.alloc(4_000_000);
  peer.mux.handle('target.environment', () => Promise.resolve({ body: {}, tail }));
  const name = Buffer.from('\x12target.environment\0\0\0\x01');
  const call = Buffer.concat([name, Buffer.from([0x80])]);
  peer.send(helloFrame);
  await peer.frame(1);
  peer.pipe.pause();
  for (let id = 1; id <= 40; id += 1) peer.send(frame(9, id, call));
  await turn();
  peer.pipe.resume();
  // ACK what comes, as a peer does that reads again.
  const acked = peer.acknowledge();
  const { payload } = await peer.frame(11);
  expect(payload.readUInt16BE(0)).toBe(11);
  await peer.frame(10, 1);
  acked();
  await peer.mux.close();
});

test('a local caller that opens and calls without end gets EAGAIN', async () => {
  const peer = await RawPeer.meet({ maxStreams: 5, maxCalls: 5 });
  peer.send(helloFrame);
  const streams = Array.from({ length: 5 }, () => peer.mux.open(info));
  const failures = streams.map(failure);
  expect(() => peer.mux.open(info)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
  const calls = Array.from({ length: 5 }, () => peer.mux.call('sidecar.notice', { text: 'x' }));
  const ended = Promise.allSettled(calls);
  await expect(peer.mux.call('sidecar.notice', { text: 'x' })).rejects.toMatchObject({
    code: 'EAGAIN',
  });
  await peer.mux.close();
  expect(await Promise.all(failures)).toEqual(Array(5).fill('ECANCELED'));
  expect((await ended).every(({ status }) => status === 'rejected')).toBe(true);
});

test('small slices that nobody reads do not keep their chunks alive', async () => {
  const peer = await RawPeer.meet();
  peer.mux.onStream = (stream) => stream.on('error', () => {});
  peer.send(helloFrame, frame(2, 1, openPayload));
  await peer.frame(1);
  const before = await heldBytes();
  const filler = frame(200, 0, Buffer.alloc(60_000));
  for (let n = 0; n < 2000; n += 1) {
    peer.send(frame(4, 1, Buffer.alloc(100)), filler);
    if (n % 50 === 0) await turn();
  }
  peer.send(frame(13, 1));
  await peer.frame(14, 1);
  expect((await heldBytes()) - before).toBeLessThan(5_000_000);
  await peer.mux.close();
});

/** Memory of buffers that something still holds. */
async function heldBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let round = 0; round < 3; round += 1) {
    collect();
    await turn();
  }
  return process.memoryUsage().arrayBuffers;
}
