import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import { killedStage } from './stage.ts';

const megabyte = 1024 * 1024;

test('100 MB each way over a pipe that is cut 1000 times at random offsets: not a byte is lost', async () => {
  let left = 1000;
  const stage = await killedStage({}, () => {
    left -= 1;
    return left >= 0 ? Math.floor(Math.random() * 150_000) : undefined;
  });
  const arrived = new Promise<MuxStream>((resolve) => {
    stage.agent.onStream = resolve;
  });
  const near = stage.caller.open({
    kind: 'outgoing.tcp',
    to: { address: '192.0.2.1', port: 5432 },
  });
  const far = await arrived;
  const [upSent, downSent, upGot, downGot] = await Promise.all([
    send(near, 100 * megabyte, 1),
    send(far, 100 * megabyte, 2),
    receive(far),
    receive(near),
  ]);
  expect(upGot).toEqual(upSent);
  expect(downGot).toEqual(downSent);
  expect(stage.proxy.kills).toBe(1000);
  await stage.close();
});

interface Digest {
  readonly bytes: number;
  readonly sha256: string;
}

async function send(stream: Writable, total: number, seed: number): Promise<Digest> {
  const hash = createHash('sha256');
  let bytes = 0;
  let state = seed;
  while (bytes < total) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const size = Math.min(total - bytes, 1 + (state % 150_000));
    const chunk = Buffer.alloc(size, String(state));
    hash.update(chunk);
    bytes += size;
    if (!stream.write(chunk)) await once(stream, 'drain');
  }
  stream.end();
  return { bytes, sha256: hash.digest('hex') };
}

async function receive(stream: Readable): Promise<Digest> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
