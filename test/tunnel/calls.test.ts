import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Stage, stages } from './stage.ts';

const kilobyte = 1024;
const megabyte = 1024 * kilobyte;

describe.each(stages)('calls over %s', (_name, start) => {
  let stage: Stage;

  beforeEach(async () => {
    stage = await start();
  });

  afterEach(async () => {
    await stage.close();
    expect(stage.caller.openStreams + stage.agent.openStreams).toBe(0);
  });

  test('calls carry maps and raw tails both ways, 64-bit times included', async () => {
    const attributes = {
      ino: 2 ** 40,
      mode: 0o100644,
      nlink: 1,
      uid: 0,
      gid: 0,
      rdev: 0,
      size: 5 * 2 ** 40,
      blocks: 8,
      atimeNs: 1_790_000_000_123_456_789n,
      mtimeNs: 0n,
      ctimeNs: -1n,
    };
    stage.agent.handle('files.read', async ({ path, offset, length }) => ({
      body: { attributes },
      tail: Buffer.alloc(length, `${path}@${offset}`),
    }));
    const lengths = [0, 1, 4095, 40_000, megabyte];
    const replies = await Promise.all(
      lengths.map((length) =>
        stage.caller.call('files.read', { path: '/etc/\xe9', offset: 2 ** 33, length }),
      ),
    );
    for (const [index, { body, tail }] of replies.entries()) {
      expect(body).toEqual({ attributes });
      expect(tail.equals(Buffer.alloc(lengths[index] ?? 0, '/etc/\xe9@8589934592'))).toBe(true);
    }
    stage.agent.handle('dns.query', async (_args, tail) => ({ body: {}, tail }));
    const question = Buffer.alloc(300 * kilobyte, 'q');
    const { tail } = await stage.caller.call('dns.query', { transport: 'tcp' }, { tail: question });
    expect(tail.equals(question)).toBe(true);
  });

  test('a call that fails brings the errno name of what was thrown', async () => {
    stage.agent.handle('files.list', () =>
      Promise.reject(Object.assign(new Error('no such directory'), { code: 'ENOENT' })),
    );
    stage.agent.handle('files.tree', () => Promise.reject(new Error('a fault')));
    await expect(stage.caller.call('files.list', { path: '/x' })).rejects.toMatchObject({
      code: 'ENOENT',
      message: 'no such directory',
    });
    await expect(stage.caller.call('files.tree', { path: '/x' })).rejects.toMatchObject({
      code: 'EIO',
    });
    await expect(
      stage.caller.call('files.stat', { path: '/x', follow: true }),
    ).rejects.toMatchObject({ code: 'ENOSYS' });
  });

  test('a call ends at its deadline and by its signal, and the server hears of both', async () => {
    let aborted = 0;
    let heard: () => void = () => {};
    const bothHeard = new Promise<void>((resolve) => {
      heard = resolve;
    });
    stage.agent.handle('files.watch', (_args, _tail, signal) => {
      signal.addEventListener('abort', () => {
        aborted += 1;
        if (aborted === 2) heard();
      });
      return new Promise(() => {});
    });
    const args = { path: '/x', version: '', waitMs: 1 };
    await expect(stage.caller.call('files.watch', args, { timeoutMs: 150 })).rejects.toMatchObject({
      code: 'ETIMEDOUT',
    });
    const controller = new AbortController();
    const cancelled = stage.caller.call('files.watch', args, { signal: controller.signal });
    setTimeout(() => controller.abort(), 150);
    await expect(cancelled).rejects.toMatchObject({ code: 'ECANCELED' });
    await bothHeard;
  });

  test('datagrams arrive beside their stream, in order, also those that came right behind its OPEN', async () => {
    const got: string[] = [];
    const all = new Promise<void>((resolve) => {
      stage.agent.onStream = (stream) => {
        stream.on('error', () => undefined);
        stream.onDatagram = (payload) => {
          got.push(payload.toString());
          if (got.length === 100) resolve();
        };
      };
    });
    await stage.caller.ping();
    const stream = stage.caller.open({ kind: 'outgoing.udp' });
    stream.on('error', () => undefined);
    for (let n = 0; n < 100; n += 1) {
      expect(stream.sendDatagram(Buffer.from(`datagram ${n}`))).toBe(0);
    }
    await all;
    expect(got).toEqual(Array.from({ length: 100 }, (_, n) => `datagram ${n}`));
    expect(stream.sendDatagram(Buffer.alloc(65_536))).toBe(1);
    expect(stage.caller.droppedDatagrams).toBe(1);
    stream.reset('ECANCELED');
    expect(stream.sendDatagram(Buffer.from('late'))).toBe(1);
  });
});
