import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  BLACK_HOLE6,
  CLUSTER4,
  CLUSTER6,
  layNetworks,
  NEIGHBOUR6,
  POD6,
  run,
  setPod6,
  switchOff6,
  UNREACHABLE6,
} from './sidecar-networks.ts';
import type { Program } from './sidecar-process.ts';
import type { Commands } from './sidecar-program.ts';
import { retry, SidecarWorld } from './sidecar-world.ts';

const NO_ROUTE6 = '2001:db8::1';
const MiB = 1024 * 1024;
const at = (address: string, port = 80) => ({ address, port });

/** What a name has in the cluster's DNS, by type. */
const A = { rcode: 0, records: [{ type: 1, data: '0a60000a' }] };
const AAAA = { rcode: 0, records: [{ type: 28, data: 'fd000096000000000000000000000010' }] };
const DEAD_AAAA = { rcode: 0, records: [{ type: 28, data: 'fd000096000000000000000000000099' }] };
const NODATA = { rcode: 0 };

/** Docker's usual network: IPv4 alone, IPv6 on lo and not on eth0. The pod is dual-stack. */
describe('a Docker network without IPv6', () => {
  let world: SidecarWorld;
  let service: Program<Commands>;
  let cluster: Program<Commands>;

  beforeAll(async () => {
    const networks = layNetworks();
    switchOff6(networks.service, 'eth0');
    setPod6(networks.pod, 'add');
    const outgoing = { local: ['fd00:88::/64'], remote: [], podLoopback: [] };
    world = await SidecarWorld.build({ outgoing }, networks);
    service = world.start(world.networks.service);
    cluster = world.start(world.networks.pod);
    await cluster.call('serve', { ...at(CLUSTER6), how: 'greet', where: 'cluster 6' });
    await cluster.call('serve', { ...at(CLUSTER4), how: 'greet', where: 'cluster 4' });
    await cluster.call('serve', { ...at(CLUSTER6, 81), how: 'reset' });
    await cluster.call('serve', { ...at(CLUSTER6, 82), how: 'digest' });
    await cluster.call('serveUdp', { ...at(CLUSTER6, 4_433), how: 'echo' });
    await world.agent.call('zone', {
      ...{ 'six 1': NODATA, 'six 28': AAAA },
      ...{ 'both 1': A, 'both 28': AAAA },
      ...{ 'halved 1': A, 'halved 28': DEAD_AAAA },
    });
  });
  afterAll(() => world?.demolish());

  test('scenario 17: an IPv6 address of the cluster, with the pod’s own address as the service’s', async () => {
    const { code, greeting } = await service.call('greet', { to: at(CLUSTER6) });
    expect(code).toBe('');
    expect(greeting).toMatchObject({ where: 'cluster 6', local: at(CLUSTER6) });
    expect(run('ip', '-n', world.networks.service, '-6', 'address', 'show', 'lo')).toContain(POD6);
    expect((await world.status()).ipv6).toBe('carried');
    const sending = await service.call('send', { to: at(CLUSTER6, 82), bytes: 4 * MiB });
    expect(sending).toMatchObject({ ending: 'end', answer: `${4 * MiB} ${sending.sent}` });
  });

  test('scenario 17: an IPv4 address on an IPv6 socket is IPv4 (::ffff:…)', async () => {
    const { greeting } = await service.call('greet', { to: at(`::ffff:${CLUSTER4}`) });
    expect(greeting).toMatchObject({ where: 'cluster 4', local: at(CLUSTER4) });
  });

  test('scenario 18: connect() to an IPv6 address fails with the agent’s errno, at once', async () => {
    const failures = [
      [at(CLUSTER6, 4), 'ECONNREFUSED'],
      [at(UNREACHABLE6), 'EHOSTUNREACH'],
      [at(NO_ROUTE6), 'ENETUNREACH'],
    ] as const;
    for (const [to, code] of failures) {
      const outcome = await service.call('greet', { to });
      expect([to, outcome.code]).toEqual([to, code]);
      expect(outcome.ms).toBeLessThan(900);
    }
    const reset = await service.call('ending', { to: at(CLUSTER6, 81) });
    expect(reset).toMatchObject({ code: '', ending: 'ECONNRESET' });
  });

  test('scenario 18: an IPv6 black hole is silence, and giving up cancels the dial', async () => {
    const to = at(BLACK_HOLE6);
    expect((await service.call('greet', { to, timeoutMs: 1_500 })).code).toBe('ETIMEDOUT');
    await retry(Date.now() + 10_000, async () => {
      const dials = await world.agent.call('dials', undefined);
      expect(dials.at(-1)).toEqual({ to, outcome: 'ECANCELED' });
    });
  });

  test('scenario 18: a name with IPv6 alone, one with both, and one whose IPv6 is dead (happy eyeballs)', async () => {
    const whereOf = async (name: string) =>
      (await service.call('greet', { to: at(name) })).greeting?.where;
    expect(await whereOf('six')).toBe('cluster 6');
    expect(await whereOf('both')).toMatch(/^cluster [46]$/);
    expect(await whereOf('halved')).toBe('cluster 4');
  });

  test('scenario 19: IPv6 datagrams and their errors', async () => {
    await service.call('openUdp', { name: 'six', address: '::', connectTo: at(CLUSTER6, 4_433) });
    await service.call('sendUdp', { name: 'six', texts: ['one', '', 'three'] });
    const { messages } = await service.call('heard', { name: 'six', messages: 3 });
    expect(messages.map(({ text }) => text)).toEqual(['one', '', 'three']);
    expect(messages[0]?.from).toBe(`${CLUSTER6}:4433`);
    const failures = [
      [at(CLUSTER6, 9), 'ECONNREFUSED', false],
      [at(UNREACHABLE6, 9), 'EHOSTUNREACH', true],
      [at(NO_ROUTE6, 9), 'ENETUNREACH', true],
    ] as const;
    for (const [connectTo, code, allErrors6] of failures) {
      await service.call('openUdp', { name: code, address: '::', connectTo, allErrors6 });
      await service.call('sendUdp', { name: code, texts: ['?'] });
      const { errors } = await service.call('heard', { name: code, errors: 1 });
      expect(errors[0]).toContain(code);
      await service.call('closeUdp', { name: code });
    }
  });

  test('scenario 22: what a filter leaves to this machine fails where this machine has no IPv6', async () => {
    expect((await service.call('greet', { to: at(NEIGHBOUR6) })).code).toBe('ENETUNREACH');
  });

  test('another pod, without IPv6: a connect fails as it does there, and the address is gone', async () => {
    const ipOf = (...words: string[]) => run('ip', '-n', world.networks.service, '-6', ...words);
    setPod6(world.networks.pod, 'delete');
    await world.replaceAgent();
    await world.connect();
    await retry(Date.now() + 10_000, async () => {
      expect((await world.status()).ipv6).toBe('not in the pod');
    });
    expect((await service.call('greet', { to: at(NO_ROUTE6) })).code).toBe('ENETUNREACH');
    expect(ipOf('address', 'show', 'lo')).not.toContain(POD6);
    expect(ipOf('rule')).not.toContain('32767');
    setPod6(world.networks.pod, 'add');
    await world.replaceAgent();
    await world.connect();
    await retry(Date.now() + 10_000, async () => {
      expect((await service.call('greet', { to: at(CLUSTER6) })).greeting?.where).toBe('cluster 6');
    });
  });

  test('a killed sidecar: IPv6 is refused until the next one has come, which takes over what is there', async () => {
    await world.stopSidecar('SIGKILL');
    expect((await service.call('greet', { to: at(CLUSTER6) })).code).toBe('EACCES');
    world.startSidecar({});
    await retry(Date.now() + 20_000, () => world.connect());
    expect((await service.call('greet', { to: at(CLUSTER6) })).greeting?.where).toBe('cluster 6');
  });
});

test('IPv6 that is switched off on lo as well: IPv4 goes on, and status says why IPv6 does not', async () => {
  const networks = layNetworks();
  switchOff6(networks.service, 'all');
  setPod6(networks.pod, 'add');
  const world = await SidecarWorld.build({}, networks);
  try {
    const service = world.start(networks.service);
    const cluster = world.start(networks.pod);
    await cluster.call('serve', { ...at(CLUSTER4), how: 'greet', where: 'cluster 4' });
    expect((await service.call('greet', { to: at(CLUSTER4) })).greeting?.where).toBe('cluster 4');
    expect((await service.call('greet', { to: at(CLUSTER6) })).code).toMatch(
      /^E(NETUNREACH|ADDRNOTAVAIL)$/,
    );
    expect((await world.status()).ipv6).toBe('switched off here');
  } finally {
    await world.demolish();
  }
});
