import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeName, responseCode } from '../../src/protocol/dns-message.ts';
import { type Peer, Stage } from './agent-stage.ts';
import { FAR4, FAR6, NEAR6 } from './kernel-namespaces.ts';

const OTHER4 = '10.201.7.77';

/** A busy machine may take its time. */
const SOON = { timeout: 20_000 };

let stage: Stage;
let peer: Peer;
let folder: string;

beforeEach(async () => {
  stage = new Stage();
  const target = stage.startTargetWithFiles({
    '/etc/resolv.conf': `nameserver ${FAR4}\nsearch shop.svc.cluster.local\noptions ndots:5\n`,
    '/etc/hosts': '10.0.0.7 pinned.example\n',
  });
  folder = target.folder;
  const names = stage.startNeighbour();
  await names.call('serveDns', { address: FAR4, everything: OTHER4 });
  peer = await stage.startPeer(await stage.startAgent(target));
});

afterEach(async () => {
  await stage.clear();
});

async function addressOf(name: string): Promise<string | number> {
  const head = Buffer.from('1234010000010000', 'hex');
  const question = Buffer.concat([encodeName(name.split('.')), Buffer.of(0, 1, 0, 1)]);
  const query = Buffer.concat([head, Buffer.alloc(4), question]);
  const call = { role: 'sidecar', method: 'dns.query', args: { transport: 'udp' } } as const;
  const { tail } = await peer.program.call('call', { ...call, tail: query.toString('hex') });
  const answer = Buffer.from(tail, 'hex');
  return responseCode(answer) || answer.subarray(-4).join('.');
}

test("names are the pod's: its hosts file, its nameserver in its network", async () => {
  expect(await addressOf('pinned.example')).toBe('10.0.0.7');
  expect(await addressOf('postgres')).toBe(OTHER4);
});

test("a change of the pod's files is seen", async () => {
  expect(await addressOf('pinned.example')).toBe('10.0.0.7');
  writeFileSync(`${folder}/hosts`, '10.0.0.8 pinned.example\n');
  await expect.poll(() => addressOf('pinned.example'), SOON).toBe('10.0.0.8');
});

test('IPv6 alone: the agent is reached by its address, and asks the pod’s nameserver', async () => {
  const files = { '/etc/resolv.conf': `nameserver ${FAR6}\n` };
  const names = stage.startNeighbour();
  await names.call('serveDns', { address: FAR6, everything: OTHER4 });
  const target = stage.startTargetWithFiles(files);
  const agent = await stage.startAgent(target, { podAddress: NEAR6, tunnelPort: 7_314 });
  peer = await stage.startPeer(agent, { to: { address: NEAR6, port: 7_314 } });
  expect(await addressOf('postgres')).toBe(OTHER4);
  expect(await peer.call('target.addresses', {})).toEqual({ addresses: [FAR4, FAR6] });
});
