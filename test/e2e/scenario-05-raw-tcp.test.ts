import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { composeApp } from './compose-app.ts';
import { eventually } from './eventually.ts';
import type { Pod } from './pod.ts';
import type { Project } from './project.ts';
import { type PodClient, World } from './world.ts';

const bytes = 10 * 1024 * 1024;
const to = { host: 'orders', port: 9000 };
let world: World;
let target: Pod;
let client: PodClient;
let project: Project;

beforeAll(async () => {
  world = await World.open();
  [target, client] = await Promise.all([
    world.deploy({ name: 'orders', language: 'python', rawPort: 9000 }),
    world.client(),
  ]);
  project = await world.project({
    services: {
      orders: composeApp({
        language: 'go',
        environment: { RAW_PORT: '9000' },
        xKdev: { target: 'deployment/orders', incoming: 'steal' },
      }),
    },
  });
  await project.up();
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => project.ask('orders', 'DELETE', '/log'));

/** How the service saw the one connection of the test, once it is over. */
async function seenByService() {
  return await eventually('the service logs the connection', { deadlineMs: 5_000 }, async () => {
    const { raw } = await project.log('orders');
    if (raw.length !== 1) throw new Error(`it logged ${JSON.stringify(raw)}`);
    return raw[0];
  });
}

test('scenario 5: 10 MiB of random bytes both ways, the client ends first', async () => {
  const result = await client.raw({ ...to, line: 'echo', bytes });
  expect(result).toMatchObject({ bytes, ended: 'eof' });
  expect(result.received).toBe(result.sent);
  expect(await seenByService()).toEqual({ command: 'echo', bytes, ended: 'eof' });
});

test('scenario 5: the service answers after the client has ended', async () => {
  const result = await client.raw({ ...to, line: 'count', bytes });
  expect(result.text).toMatch(new RegExp(`^${bytes} [0-9a-f]{8}\\n$`));
  expect(result.ended).toBe('eof');
});

test('scenario 5: 10 MiB each way, the service ends first and reads on', async () => {
  const result = await client.raw({ ...to, line: `send ${bytes}`, bytes, after: 'their end' });
  expect(result).toMatchObject({ bytes, ended: 'eof', received: patternDigest(bytes) });
  expect(await seenByService()).toEqual({ command: `send ${bytes}`, bytes, ended: 'eof' });
});

test('scenario 5: a reset by the service is a reset for the client', async () => {
  expect(await client.raw({ ...to, line: 'reset' })).toMatchObject({
    bytes: 0,
    ended: 'ECONNRESET',
  });
});

test('scenario 5: a reset by the client is a reset for the service', async () => {
  const line = `send ${100 * bytes}`;
  const result = await client.raw({ ...to, line, reset: bytes });
  expect(result.ended).toBe('reset by us');
  expect((await seenByService())?.ended).toMatch(/^(ECONNRESET|EPIPE)$/);
});

test('scenario 5: the target saw none of it', async () => {
  expect(await target.log()).toEqual({ requests: [], raw: [] });
});

/** SHA-256 of what the app sends for `send`: see the apps' README. */
function patternDigest(length: number): string {
  const hash = createHash('sha256');
  const block = Buffer.from(Uint8Array.from({ length: 65_536 }, (_, i) => i * 31 + (i >> 8)));
  for (let index = 0; index * block.length < length; index += 1) {
    block.writeUInt32BE(index);
    hash.update(block.subarray(0, length - index * block.length));
  }
  return hash.digest('hex');
}
