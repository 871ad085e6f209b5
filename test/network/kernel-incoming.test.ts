import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  AGENT,
  type Cable,
  FAR4,
  FAR6,
  ip,
  layCable,
  NEAR4,
  NEAR6,
  Program,
  removeCable,
  SIDECAR,
  tables,
} from './kernel-namespaces.ts';

const MEGABYTE = 1 << 20;

let cable: Cable;
let programs: Program[];
const start = (namespace: string, capabilities = SIDECAR): Program => {
  const program = new Program(namespace, capabilities);
  programs.push(program);
  return program;
};

beforeEach(() => {
  programs = [];
  cable = layCable();
});

afterEach(async () => {
  await Promise.all(programs.map((program) => program.kill()));
  removeCable(cable);
});

test('a redirected connection knows its original destination, IPv4 and IPv6', async () => {
  const agent = start(cable.far, AGENT);
  await agent.call('table', {
    name: 'kdev_steal',
    content: `chain pre { type nat hook prerouting priority -90; policy accept;
      tcp dport 8080 redirect to :9099
    }`,
  });
  await agent.call('listen', { address: '::', port: 9099 });
  const client = start(cable.near, []);
  for (const address of [FAR4, FAR6]) {
    const to = { address, port: 8080 };
    const { greeting } = await client.call('connect', to);
    expect(greeting?.original).toEqual(to);
    expect(greeting?.local.port).toBe(9099);
  }
  const plain = await client.call('connect', { address: FAR4, port: 9099 });
  expect(plain.greeting?.original).toEqual({ address: FAR4, port: 9099 });
});

test('without conntrack there is no original destination, and it says so', async () => {
  const agent = start(cable.far, AGENT);
  await agent.call('listen', { address: '127.0.0.1', port: 9099 });
  const { greeting } = await agent.call('connect', { address: '127.0.0.1', port: 9099 });
  expect(greeting?.original).toMatch(/getsockopt: ENOENT/);
});

test('a stolen port goes back to the target when the agent is killed', async () => {
  const target = start(cable.far, []);
  await target.call('listen', { address: '0.0.0.0', port: 8080 });
  const agent = start(cable.far, AGENT);
  await agent.call('listen', { address: '0.0.0.0', port: 9099 });
  await agent.call('table', {
    name: 'kdev_steal',
    content: `chain pre { type nat hook prerouting priority -90; policy accept;
      tcp dport 8080 redirect to :9099
    }`,
  });
  const client = start(cable.near, []);
  const to = { address: FAR4, port: 8080 };
  expect((await client.call('connect', to)).greeting?.local.port).toBe(9099);
  await agent.kill();
  expect(tables(cable.far)).toBe('');
  expect((await client.call('connect', to)).greeting?.local.port).toBe(8080);
});

test("a service on loopback or on every address sees the client's own address", async () => {
  const mark = 0x6b65;
  const back = 0x6b01;
  const sidecar = start(cable.near);
  const routing = { mark: back, table: 107, preference: 107 };
  expect(await sidecar.call('routing', routing)).toBe(true);
  await sidecar.call('table', {
    name: 'kdev_in',
    content: `chain keep { type route hook output priority mangle; policy accept;
      meta mark ${mark} ct mark set ${mark} return
      ct direction reply ct mark ${mark} meta mark set ${back}
    }`,
  });
  const service = start(cable.near, []);
  await service.call('listen', { address: '127.0.0.1', port: 9001 });
  await service.call('listen', { address: '::1', port: 9001 });
  await service.call('listen', { address: '0.0.0.0', port: 9002 });
  const clients = [
    ['203.0.113.7', '127.0.0.1', 9001],
    ['203.0.113.8', '127.0.0.1', 9002],
    ['10.244.3.9', NEAR4, 9002],
    ['2001:db8::9', '::1', 9001],
  ] as const;
  for (const [client, address, port] of clients) {
    const bindTo = { address: client, port: 40123 };
    const options = { to: { address, port }, bindTo, mark, transparent: true };
    const { code, greeting } = await sidecar.call('connectFrom', options);
    expect(code).toBe('');
    expect(greeting?.peer).toEqual(bindTo);
    const again = await sidecar.call('connectFrom', options);
    expect(again.code).toBe('EADDRNOTAVAIL');
  }
});

test('a foreign source address needs its capability', async () => {
  const options = {
    to: { address: '127.0.0.1', port: 1 },
    bindTo: { address: '203.0.113.7', port: 0 },
    transparent: true,
  };
  expect((await start(cable.near, []).call('connectFrom', options)).code).toBe('EPERM');
  const sidecar = start(cable.near);
  expect((await sidecar.call('connectFrom', { ...options, transparent: false })).code).toBe(
    'EADDRNOTAVAIL',
  );
});

test('routing is taken over from an earlier process, and removed', async () => {
  const routing = { mark: 1, table: 107, preference: 107 };
  const first = start(cable.near);
  await first.call('routing', routing);
  await first.kill();
  const second = start(cable.near);
  expect(await second.call('routing', routing)).toBe(true);
  await second.call('closeRouting', undefined);
  expect(ip('-n', cable.near, 'rule')).not.toContain('lookup 107');
  expect(ip('-n', cable.near, '-6', 'rule')).not.toContain('lookup 107');
  expect(ip('-n', cable.near, 'route', 'show', 'table', 'all')).not.toContain('table 107');
});

test('without a default route a fallback lets the SYN reach netfilter', async () => {
  for (const family of ['-4', '-6']) ip('-n', cable.near, family, 'route', 'delete', 'default');
  const sidecar = start(cable.near);
  const to = { address: '198.51.100.7', port: 80 };
  expect((await sidecar.call('connect', to)).code).toBe('ENETUNREACH');
  await sidecar.call('fallbackRoute', undefined);
  await sidecar.call('fallbackRoute', undefined);
  await sidecar.call('table', {
    name: 'kdev_out',
    content: `chain out { type filter hook output priority 0; policy accept;
      ip daddr 198.51.100.7 reject with tcp reset
    }`,
  });
  expect((await sidecar.call('connect', to)).code).toBe('ECONNREFUSED');
});

test('IPv6 switched off is noticed', async () => {
  ip('netns', 'exec', cable.near, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
  const sidecar = start(cable.near);
  expect(await sidecar.call('routing', { mark: 1, table: 107, preference: 107 })).toBe(false);
  await sidecar.call('fallbackRoute', undefined);
});

test('entering a namespace leaves earlier listeners in the old one', async () => {
  const target = start(cable.far, []);
  await target.call('listen', { address: '127.0.0.1', port: 8080 });
  const agent = start(cable.near, AGENT);
  await agent.call('listen', { address: NEAR4, port: 7000 });
  await agent.call('enter', target.pid);
  expect(await agent.call('addresses', undefined)).toEqual(expect.arrayContaining([FAR4, FAR6]));
  expect(await agent.call('addresses', undefined)).not.toContain(NEAR4);
  const session = start(cable.near, []);
  expect((await session.call('connect', { address: NEAR4, port: 7000 })).code).toBe('');
  expect((await agent.call('connect', { address: '127.0.0.1', port: 8080 })).code).toBe('');
  await agent.call('listen', { address: FAR4, port: 9099 });
  await agent.call('table', { name: 'kdev_steal', content: '' });
  expect(tables(cable.far)).toContain('kdev_steal');
  expect(tables(cable.near)).toBe('');
  expect((await agent.call('listening', undefined)).map((one) => one.port)).toEqual([8080, 9099]);
});

test('entering a namespace needs its capabilities, and a process', async () => {
  const target = start(cable.far, []);
  await target.call('capabilities', undefined);
  const sidecar = start(cable.near);
  await expect(sidecar.call('enter', target.pid)).rejects.toMatchObject({ code: 'EPERM' });
  const agent = start(cable.near, AGENT);
  await expect(agent.call('enter', 2 ** 22 + 1)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('listening ports: family, and loopback only or not', async () => {
  const service = start(cable.near, []);
  expect(await service.call('listening', undefined)).toEqual([]);
  await service.call('listen', { address: '127.0.0.1', port: 9001 });
  await service.call('listen', { address: '0.0.0.0', port: 9002 });
  await service.call('listen', { address: '::', port: 9003 });
  await service.call('listen', { address: '::1', port: 9004 });
  await service.call('listen', { address: '127.0.0.1', port: 9005 });
  await service.call('listen', { address: NEAR4, port: 9005 });
  await service.call('listen', { address: NEAR6, port: 9005 });
  expect(await service.call('listening', undefined)).toEqual([
    { port: 9001, family: 4, addresses: ['127.0.0.1'] },
    { port: 9002, family: 4, addresses: ['0.0.0.0'] },
    { port: 9003, family: 6, addresses: ['::'] },
    { port: 9004, family: 6, addresses: ['::1'] },
    { port: 9005, family: 4, addresses: expect.arrayContaining(['127.0.0.1', NEAR4]) },
    { port: 9005, family: 6, addresses: [NEAR6] },
  ]);
});

for (const [where, address] of [
  ['a cable, IPv4', FAR4],
  ['a cable, IPv6', FAR6],
  ['loopback', '127.0.0.1'],
] as const) {
  test(`the ring sees every byte of 100 MB over ${where}`, async () => {
    const agent = start(cable.far, AGENT);
    const target = start(cable.far, []);
    const client = start(address === '127.0.0.1' ? cable.far : cable.near, []);
    await agent.call('ring', [1, 8080, 65535]);
    const received = target.call('receive', 8080);
    await target.call('capabilities', undefined);
    await client.call('send', { to: { address, port: 8080 }, megabytes: 100 });
    const { bytes, sha256 } = await received;
    expect(bytes).toBe(100 * MEGABYTE);
    await expect
      .poll(async () => (await agent.call('ringResult', undefined)).flows[0]?.bytes)
      .toBe(bytes);
    const { flows, packets, drops } = await agent.call('ringResult', undefined);
    expect(flows).toEqual([expect.objectContaining({ bytes, sha256, early: 0 })]);
    expect(drops).toBe(0);
    expect(packets).toBeGreaterThan(1000);
    expect(flows[0]?.largest).toBeGreaterThan(1500);
    await agent.call('closeRing', undefined);
  });
}

test('the ring counts what it loses while nobody reads it, and loses nothing of the target', async () => {
  const agent = start(cable.far, AGENT);
  const target = start(cable.far, []);
  const client = start(cable.near, []);
  await agent.call('ring', [8080]);
  const received = target.call('receive', 8080);
  await target.call('capabilities', undefined);
  process.kill(agent.pid, 'SIGSTOP');
  await client.call('send', { to: { address: FAR4, port: 8080 }, megabytes: 100 });
  expect((await received).bytes).toBe(100 * MEGABYTE);
  process.kill(agent.pid, 'SIGCONT');
  const seen = async (): Promise<number> =>
    (await agent.call('ringResult', undefined)).flows.length;
  await expect.poll(seen).toBe(1);
  const { flows, drops } = await agent.call('ringResult', undefined);
  expect(drops).toBeGreaterThan(500);
  expect(flows[0]?.bytes).toBeLessThan(40 * MEGABYTE);
});

test('the ring sees only its ports, and changes them while it runs', async () => {
  const agent = start(cable.far, AGENT);
  for (const port of [8080, 8081]) await agent.call('listen', { address: FAR4, port });
  const client = start(cable.near, []);
  const connect = (port: number): Promise<unknown> =>
    client.call('connect', { address: FAR4, port });
  await agent.call('ring', [8081]);
  await connect(8080);
  expect((await agent.call('ringResult', undefined)).packets).toBe(0);
  await agent.call('ringPorts', [8080]);
  await connect(8080);
  await expect.poll(async () => (await agent.call('ringResult', undefined)).flows.length).toBe(1);
  const { packets } = await agent.call('ringResult', undefined);
  await connect(8081);
  expect((await agent.call('ringResult', undefined)).packets).toBe(packets);
});
