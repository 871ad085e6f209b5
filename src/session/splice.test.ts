import { createHash, randomBytes } from 'node:crypto';
import { duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { splice } from './splice.ts';

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

function chain() {
  const [caller, local] = duplexPair();
  const [cluster, agent] = duplexPair();
  const stop = new AbortController();
  return { caller, agent, local, cluster, stop, over: splice(local, cluster, stop.signal) };
}

test('bytes travel unchanged, both ways', async () => {
  const { caller, agent, over } = chain();
  const up = randomBytes(300_000);
  const down = randomBytes(200_000);
  const arrived = { up: [] as Buffer[], down: [] as Buffer[] };
  agent.on('data', (chunk: Buffer) => arrived.up.push(chunk));
  caller.on('data', (chunk: Buffer) => arrived.down.push(chunk));
  caller.write(up);
  agent.write(down);
  const bytesOf = (chunks: Buffer[]) => Buffer.concat(chunks);
  await expect.poll(() => bytesOf(arrived.up).length).toBe(up.length);
  await expect.poll(() => bytesOf(arrived.down).length).toBe(down.length);
  expect([sha(bytesOf(arrived.up)), sha(bytesOf(arrived.down))]).toEqual([sha(up), sha(down)]);
  caller.end();
  await over;
});

test('the end of one pipe ends the other', async () => {
  const { local, cluster, agent, over } = chain();
  agent.end();
  await over;
  expect([local.destroyed, cluster.destroyed]).toEqual([true, true]);
});

test('a pipe that breaks ends both, without an error of its own', async () => {
  const { local, cluster, over } = chain();
  cluster.destroy(new Error('cut'));
  await over;
  expect(local.destroyed).toBe(true);
});

test('the signal cuts both', async () => {
  const { local, cluster, stop, over } = chain();
  stop.abort();
  await over;
  expect([local.destroyed, cluster.destroyed]).toEqual([true, true]);
});

test('a reader that stands still stops the writer', async () => {
  const { caller, stop, over } = chain();
  let written = 0;
  while (written < 10_000 && caller.write(Buffer.alloc(16_384))) {
    written += 1;
    await turn();
  }
  expect(written).toBeLessThan(40);
  stop.abort();
  await over;
});
