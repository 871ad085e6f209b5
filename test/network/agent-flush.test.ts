import { afterEach, beforeEach, expect, test } from 'vitest';
import { passMark, renderStealRules } from '../../agent/incoming/rules.ts';
import type { ClientCommands } from './agent-client.ts';
import { Stage, type Target } from './agent-stage.ts';
import { AGENT, FAR4, FAR6, Program as KernelProgram, NEAR4 } from './kernel-namespaces.ts';
import type { Program } from './sidecar-process.ts';

const [STOLEN, PROBED, OTHER] = [8080, 8081, 9000];

let stage: Stage;
let target: Target;
let client: Program<ClientCommands>;

beforeEach(async () => {
  stage = new Stage();
  target = stage.startTarget();
  client = stage.startHolder();
  for (const [address, port] of [
    ['::', STOLEN],
    [FAR4, PROBED],
    [FAR4, OTHER],
  ] as const) {
    await target.program.call('serve', { address, port, how: 'greet', where: 'target' });
  }
});

afterEach(async () => {
  await stage.clear();
});

/** An idle keep-alive client, as far as `where` greets it. */
async function connect(address: string, port: number, { by = client, where = 'target' } = {}) {
  const on = await by.call('hold', { address, port });
  expect(await by.call('say', { on, text: '', until: '\n' })).toContain(`"${where}"`);
  return {
    /** Whether what it says comes back; false where the connection is reset instead. */
    isOpen: async () => {
      const heard = by.call('say', { on, text: 'x', until: 'x' });
      return (await heard.catch((error: { code?: string }) => error.code)) === 'x';
    },
  };
}

test('scenario 2: with flush, established connections are moved at once, but for what may be a probe', async () => {
  const agent = await stage.startAgent(target, { probePorts: [PROBED] });
  const peer = await stage.startPeer(agent);
  const neighbour = stage.startHolder(stage.cable.far);
  const moved = [
    await connect(FAR4, STOLEN),
    await connect(FAR6, STOLEN),
    await connect('127.0.0.1', STOLEN, { by: neighbour }),
    await connect(FAR4, PROBED, { by: neighbour }),
  ];
  const fromNode = await connect(FAR4, PROBED);
  const other = await connect(FAR4, OTHER);
  const steal = (...ports: number[]) =>
    peer.call('incoming.set', { mode: 'steal', ports, flush: true });
  await steal(STOLEN, PROBED);
  for (const one of moved) expect(await one.isOpen()).toBe(false);
  for (const one of [fromNode, other]) expect(await one.isOpen()).toBe(true);
  const stolen = await connect(FAR6, STOLEN, { where: 'service' });
  // What is stolen already is not moved again when another port comes along.
  await steal(STOLEN, PROBED, OTHER);
  expect(await other.isOpen()).toBe(false);
  for (const one of [fromNode, stolen]) expect(await one.isOpen()).toBe(true);
});

test('where the kernel aborts no sockets of others, the rules reset what is older than they are when it speaks', async () => {
  const older = [await connect(FAR4, STOLEN), await connect(FAR6, STOLEN)];
  const kept = [await connect(FAR4, PROBED), await connect(FAR4, OTHER)];
  const agent = new KernelProgram(stage.cable.far, AGENT);
  try {
    const resetOld = { nodeAddresses: [NEAR4], probePorts: [PROBED] };
    const listeners = { listener4: 9099, listener6: 9099 };
    const ours = { rank: 1, label: 's_1', isShared: false };
    const rules = { ports: [STOLEN, PROBED], ...listeners, ...ours, resetOld };
    await agent.call('table', { name: 'kdev_01', content: renderStealRules(rules) });
    for (const one of older) expect(await one.isOpen()).toBe(false);
    for (const one of kept) expect(await one.isOpen()).toBe(true);
    const passed = { to: { address: FAR4, port: STOLEN }, mark: passMark(1) };
    expect(await agent.call('connectFrom', passed)).toMatchObject({ code: '', greeting: {} });
  } finally {
    await agent.kill();
  }
});
