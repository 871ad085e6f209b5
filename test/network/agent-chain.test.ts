import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClientCommands } from './agent-client.ts';
import { type Peer, Stage, type Target } from './agent-stage.ts';
import { FAR4, FAR6, NEAR4, tables } from './kernel-namespaces.ts';
import type { Program } from './sidecar-process.ts';

const PORT = 8080;
const BANNER = 8025;
const sessions = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb', 'cccccccccccc'];
const users = ['ada', 'bob', 'cyd'] as const;

/** A busy machine may take its time. */
const SOON = { timeout: 20_000 };

let stage: Stage;
let target: Target;
let client: Program<ClientCommands>;

beforeEach(async () => {
  stage = new Stage();
  target = stage.startTarget();
  client = stage.startHolder();
  await stage.serveWeb(target, { web: PORT, banner: BANNER });
});

afterEach(async () => {
  await stage.clear();
});

/** A session of its own: an agent in the target's namespace, and a service behind it. */
async function begin(index: number) {
  const port = 7313 + index;
  const session = sessions[index] ?? '';
  const agent = await stage.startAgent(target, { session, tunnelPort: port });
  const peer = await stage.startPeer(agent, { to: { address: NEAR4, port } });
  await peer.program.call('service', 'http');
  await peer.program.call('callService', `service-${users[index]}`);
  return { agent, peer };
}

function take(peer: Peer, user: string): Promise<unknown> {
  return peer.stealMatching({ header: { 'x-user': user } }, PORT, BANNER);
}

/** Whose answers come to one request of each user, and of one of nobody's, on one connection. */
async function whose(address = FAR4): Promise<string[]> {
  const on = await client.call('hold', { address, port: PORT });
  const answers: string[] = [];
  for (const user of [...users, 'dan']) {
    const text = `GET /${user} HTTP/1.1\r\nHost: shop\r\nX-User: ${user}\r\n\r\n`;
    const heard = await client.call('say', { on, text, until: ` /${user}` });
    answers.push(/([\w-]+) \/\w+$/.exec(heard)?.[1] ?? heard);
  }
  await client.call('leave', on);
  return answers;
}

test('scenario 13: three sessions, one port, disjoint filters: each gets its own, and those that stay go on', async () => {
  const [ada, bob, cyd] = [await begin(0), await begin(1), await begin(2)];
  await take(ada.peer, 'ada');
  await take(bob.peer, 'bob');
  await take(cyd.peer, 'cyd');
  const each = ['service-ada', 'service-bob', 'service-cyd', 'target'];
  for (const address of [FAR4, FAR6]) expect(await whose(address)).toEqual(each);
  // What speaks first is waited for once, not by each.
  const banner = await client.call('hold', { address: FAR4, port: BANNER });
  expect(await client.call('say', { on: banner, text: '', until: '\n' })).toContain('"target"');
  for (const { peer } of [bob, cyd]) {
    expect(await peer.call('agent.status', {})).toMatchObject({ incoming: { open: 0 } });
  }
  await ada.agent.kill();
  expect(await whose()).toEqual(['target', 'service-bob', 'service-cyd', 'target']);
  await bob.peer.call('incoming.set', { mode: 'off', ports: [] });
  expect(await whose()).toEqual(['target', 'target', 'service-cyd', 'target']);
});

test('scenario 13: of filters that overlap the older session gets the request, also after its service was away', async () => {
  const [ada, bob] = [await begin(0), await begin(1)];
  await take(ada.peer, 'ada');
  await take(bob.peer, '*');
  const shared = ['service-ada', 'service-bob', 'service-bob', 'service-bob'];
  expect(await whose()).toEqual(shared);
  await ada.peer.steal();
  await expect.poll(() => rules('kdev_01'), SOON).toEqual(['chain of_aaaaaaaaaaaa']);
  expect(await whose()).toEqual(Array(4).fill('service-bob'));
  await take(ada.peer, 'ada');
  expect(await whose()).toEqual(shared);
  await ada.peer.call('incoming.set', { mode: 'off', ports: [] });
  await expect.poll(() => tables(stage.cable.far), SOON).toBe('table inet kdev_02\n');
  // Back again it is the youngest.
  await take(ada.peer, 'ada');
  expect(await whose()).toEqual(Array(4).fill('service-bob'));
});

test('scenario 13: a port that one takes whole is refused to all others, and the reverse; a mirror disturbs nobody', async () => {
  const [ada, bob, cyd] = [await begin(0), await begin(1), await begin(2)];
  await ada.peer.steal(PORT);
  const refusal = { code: 'EADDRINUSE', message: expect.stringContaining('session aaaaaaaaaaaa') };
  await expect(bob.peer.steal(PORT)).rejects.toMatchObject(refusal);
  await expect(take(bob.peer, 'bob')).rejects.toMatchObject(refusal);
  expect(await cyd.peer.mirror(PORT)).toEqual({ ports: [PORT] });
  expect(await whose()).toEqual(Array(4).fill('service-ada'));
  await ada.peer.steal(9000);
  await take(bob.peer, 'bob');
  await expect(ada.peer.steal(9000, PORT)).rejects.toMatchObject({
    message: expect.stringContaining('session bbbbbbbbbbbb'),
  });
  expect(await whose()).toEqual(['target', 'service-bob', 'target', 'target']);
  expect(await ada.peer.call('agent.status', {})).toMatchObject({ incoming: { ports: [9000] } });
  const seen = await cyd.peer.program.call('mirrored', undefined);
  expect(seen.map(({ to }) => to.port)).toEqual([PORT, PORT]);
});

/** The chains of a table in the target's namespace, without the container. */
function rules(table: string): string[] {
  const listing = stage.list(table);
  return [...listing.matchAll(/chain \w+?(?=_[0-9a-f]{8} )|chain \w+/g)].map(([chain]) => chain);
}
