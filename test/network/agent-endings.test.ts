import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClientCommands } from './agent-client.ts';
import { type AgentProcess, type Peer, Stage, type Target } from './agent-stage.ts';
import { FAR4 } from './kernel-namespaces.ts';
import type { Program } from './sidecar-process.ts';

const PORT = 8080;

let stage: Stage;
let target: Target;
let client: Program<ClientCommands>;
let agent: AgentProcess;
let peer: Peer;

beforeEach(async () => {
  stage = new Stage();
  target = stage.startTarget();
  client = stage.startHolder();
  await target.program.call('serve', {
    address: FAR4,
    port: PORT,
    how: 'greet',
    where: 'target',
  });
  agent = await stage.startAgent(target);
  peer = await stage.startPeer(agent);
  await peer.steal(PORT);
});

afterEach(async () => {
  await stage.clear();
});

const endings: Record<string, () => Promise<unknown>> = {
  'told to stop': () => agent.kill('SIGTERM'),
  killed: () => agent.kill('SIGKILL'),
  'left by the session': async () => {
    await peer.connect('session');
    await peer.call('agent.leave', {}, 'session');
    await agent.ended();
  },
  'without its target': async () => {
    await target.program.kill();
    await agent.ended();
  },
};

for (const [how, end] of Object.entries(endings)) {
  test(`an agent that is ${how} leaves no client waiting for the service's answer`, async () => {
    const talking = await client.call('hold', { address: FAR4, port: PORT });
    expect(await client.call('say', { on: talking, text: '', until: '\n' })).toContain('"service"');
    await peer.program.call('service', 'stall');
    const stalled = await client.call('hold', { address: FAR4, port: PORT });
    const waiting = [talking, stalled].map((on) =>
      client.call('say', { on, text: 'x'.repeat(1000), until: 'never' }).catch(String),
    );
    await end();
    await Promise.all(waiting);
  });
}

test('what waits for the service when the agent is told to stop gets the answer of the target', async () => {
  await peer.program.call('service', 'ignore');
  const on = await client.call('hold', { address: FAR4, port: PORT });
  const answer = client.call('say', { on, text: '', until: '\n' });
  await agent.kill('SIGTERM');
  expect(await answer).toContain('"target"');
});

test('so does what waits for a link', async () => {
  await peer.program.call('cut', undefined);
  const on = await client.call('hold', { address: FAR4, port: PORT });
  const answer = client.call('say', { on, text: '', until: '\n' });
  await agent.kill('SIGTERM');
  expect(await answer).toContain('"target"');
});
