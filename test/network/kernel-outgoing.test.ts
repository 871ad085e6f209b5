import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type Cable,
  FAR4,
  ip,
  layCable,
  NEAR4,
  NEAR6,
  Program,
  removeCable,
  SIDECAR,
  tables,
} from './kernel-namespaces.ts';

/** Marks as a sidecar would choose them. */
const HOLD = 0x6b02;
const TRANSPARENT = 0x6b01;
const OWN = 0x6b64;
const RESET = 0x6b10;
const NO_HOST = 0x6b11;
const NO_NET = 0x6b12;
const QUEUE = 107;
const PORT = 15001;

/** Foreign addresses (RFC 5737, RFC 3849): nobody has them here. */
const FOREIGN4 = '198.51.100.7';
const FOREIGN6 = '2001:db8::7';

/** Holds SYNs to foreign addresses, then does with them what the verdict's mark says. */
const CAPTURE = `
  chain hold { type filter hook output priority -152; policy accept;
    meta mark != 0 return
    ip daddr { 127.0.0.0/8, 10.201.7.0/24 } return
    ip6 daddr { ::1, fd00:201:7::/64, fe80::/10, ff00::/8 } return
    tcp flags & (fin|syn|rst|ack) == syn meta mark set ${HOLD}
  }
  chain route_out { type route hook output priority -149; policy accept;
    ct direction reply return
    meta mark ${TRANSPARENT} ct mark set ${TRANSPARENT} return
    ct mark ${TRANSPARENT} meta mark set ${TRANSPARENT}
  }
  chain reject_out { type filter hook output priority -140; policy accept;
    meta mark ${RESET} meta l4proto tcp reject with tcp reset
    meta mark ${NO_HOST} reject with icmpx host-unreachable
    meta mark ${NO_NET} meta nfproto ipv4 reject with icmp net-unreachable
    meta mark ${NO_NET} reject with icmpx no-route
  }
  chain give { type filter hook prerouting priority mangle; policy accept;
    iifname != "lo" return
    meta mark != ${TRANSPARENT} return
    meta nfproto ipv4 meta l4proto tcp tproxy ip to 127.0.0.1:${PORT} accept
    meta nfproto ipv6 meta l4proto tcp tproxy ip6 to [::1]:${PORT} accept
  }`;

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

async function startSidecar(): Promise<Program> {
  const sidecar = start(cable.near);
  await sidecar.call('routing', { mark: TRANSPARENT, table: 107, preference: 107 });
  await sidecar.call('table', { name: 'kdev_out', content: CAPTURE });
  const means = await sidecar.call('queueTable', { name: 'kdev_hold', mark: HOLD, queue: QUEUE });
  expect(['nft queue', 'xt NFQUEUE']).toContain(means);
  await sidecar.call('listen', { address: '127.0.0.1', port: PORT, transparent: true });
  await sidecar.call('listen', { address: '::1', port: PORT, transparent: true });
  return sidecar;
}

test('runs with NET_ADMIN and NET_RAW and nothing else', async () => {
  const program = start(cable.near);
  expect(await program.call('capabilities', undefined)).toBe('0000000000003000');
});

test('a SYN is held until its verdict, and a listener that accepts foreign addresses knows where it was going', async () => {
  const sidecar = await startSidecar();
  await sidecar.call('judge', {
    queue: QUEUE,
    judgements: [{ port: 5432, afterMs: 300, verdict: 'accept', mark: TRANSPARENT }],
  });
  const service = start(cable.near, []);
  for (const address of [FOREIGN4, FOREIGN6]) {
    const to = { address, port: 5432 };
    const connected = await service.call('connect', to);
    expect(connected.code).toBe('');
    expect(connected.greeting?.local).toEqual(to);
    expect(connected.ms).toBeGreaterThanOrEqual(290);
  }
  const held = await sidecar.call('held', undefined);
  expect(held.map((one) => one.to.address)).toEqual([FOREIGN4, FOREIGN6]);
  expect(held.map((one) => one.from.address)).toEqual([NEAR4, NEAR6]);
  expect(held.map((one) => one.uid)).toEqual([0, 0]);
});

test("a verdict's mark decides the errno of connect()", async () => {
  const sidecar = await startSidecar();
  await sidecar.call('judge', {
    queue: QUEUE,
    judgements: [
      { port: 1, afterMs: 0, verdict: 'accept', mark: RESET },
      { port: 2, afterMs: 0, verdict: 'accept', mark: NO_HOST },
      { port: 3, afterMs: 0, verdict: 'accept', mark: NO_NET },
    ],
  });
  const service = start(cable.near, []);
  const codes: string[] = [];
  for (const address of [FOREIGN4, FOREIGN6]) {
    for (const port of [1, 2, 3]) {
      codes.push((await service.call('connect', { address, port })).code);
    }
  }
  const three = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'];
  expect(codes).toEqual([...three, ...three]);
});

test('a dropped SYN is sent again, and judged again', async () => {
  const sidecar = await startSidecar();
  await sidecar.call('judge', {
    queue: QUEUE,
    judgements: [
      { port: 80, afterMs: 0, verdict: 'drop' },
      { port: 80, afterMs: 0, verdict: 'accept', mark: TRANSPARENT },
    ],
  });
  const connected = await start(cable.near, []).call('connect', { address: FOREIGN4, port: 80 });
  expect(connected.code).toBe('');
  expect(connected.ms).toBeGreaterThan(900);
  expect(await sidecar.call('held', undefined)).toHaveLength(2);
});

test('a queue has one reader', async () => {
  const sidecar = start(cable.near);
  await sidecar.call('judge', { queue: QUEUE, judgements: [] });
  const second = start(cable.near).call('judge', { queue: QUEUE, judgements: [] });
  await expect(second).rejects.toMatchObject({ code: 'EPERM' });
});

test('a burst of 1 000 connections is held and let go without a loss', async () => {
  const sidecar = await startSidecar();
  await sidecar.call('judge', {
    queue: QUEUE,
    judgements: [{ port: 443, afterMs: 20, verdict: 'accept', mark: TRANSPARENT }],
  });
  const service = start(cable.near, []);
  const burst = Array.from({ length: 1000 }, () =>
    service.call('connect', { address: FOREIGN4, port: 443 }),
  );
  const outcomes = await Promise.all(burst);
  expect(outcomes.filter((one) => one.code !== '')).toEqual([]);
  expect(outcomes.every((one) => one.greeting?.local.address === FOREIGN4)).toBe(true);
});

/** The wrong world: what has the foreign addresses where nobody captures connections to them. */
async function startWrongWorld(): Promise<void> {
  ip('-n', cable.far, 'address', 'add', `${FOREIGN4}/32`, 'dev', 'lo');
  ip('-n', cable.far, 'address', 'add', `${FOREIGN6}/128`, 'dev', 'lo');
  const wrong = start(cable.far, []);
  for (const address of [FOREIGN4, FOREIGN6]) await wrong.call('listen', { address, port: 5432 });
}

test('a queue that nobody reads lets nothing out', async () => {
  await startWrongWorld();
  const service = start(cable.near, []);
  const to = { address: FOREIGN4, port: 5432, patienceMs: 1500 };
  expect((await service.call('connect', to)).code).toBe('');
  const sidecar = await startSidecar();
  expect((await service.call('connect', to)).code).toBe('ABORT_ERR');
  await sidecar.call('judge', { queue: QUEUE, judgements: [] });
  await sidecar.call('stopJudging', undefined);
  expect((await service.call('connect', to)).code).toBe('ABORT_ERR');
});

/** What a sidecar leaves behind on purpose: new connections that nobody held or judged are refused, established ones reset. */
const CLOSED_DOOR = `
table inet kdev_door {
  chain out { type filter hook output priority 10; policy accept;
    ct direction reply accept
    meta mark { ${OWN}, ${TRANSPARENT} } accept
    ip daddr { 127.0.0.0/8, 10.201.7.0/24 } accept
    ip6 daddr { ::1, fd00:201:7::/64, fe80::/10, ff00::/8 } accept
    tcp flags & (syn | ack) != syn reject with tcp reset
    reject with icmpx host-unreachable
  }
}
`;

test('when its process is killed, a table without owner keeps the door closed', async () => {
  await startWrongWorld();
  const sidecar = await startSidecar();
  await sidecar.call('persist', CLOSED_DOOR);
  await sidecar.call('judge', {
    queue: QUEUE,
    judgements: [{ port: 5432, afterMs: 0, verdict: 'accept', mark: TRANSPARENT }],
  });
  const near = start(cable.near, []);
  await near.call('listen', { address: '0.0.0.0', port: 9000 });
  expect((await near.call('connect', { address: FOREIGN4, port: 5432 })).code).toBe('');
  expect(tables(cable.near)).toContain('kdev_hold');

  await sidecar.kill();

  expect(tables(cable.near).trim()).toBe('table inet kdev_door');
  expect(await near.call('endings', undefined)).toEqual(['ECONNRESET']);
  for (const address of [FOREIGN4, FOREIGN6]) {
    const refused = await near.call('connect', { address, port: 5432 });
    // A second, not at once: TCP passes over the ICMP that comes while connect() still sends the SYN.
    expect(refused.code).toBe('EHOSTUNREACH');
    expect(refused.ms).toBeLessThan(5000);
  }
  const far = start(cable.far);
  await far.call('listen', { address: FAR4, port: 8080 });
  expect((await near.call('connect', { address: FAR4, port: 8080 })).code).toBe('');
  expect((await far.call('connect', { address: NEAR4, port: 9000 })).code).toBe('');
  const later = start(cable.near);
  const to = { address: FOREIGN4, port: 5432 };
  expect((await later.call('connectFrom', { to, mark: OWN })).code).toBe('');
});

test('a later process takes the tables over; a living one keeps them', async () => {
  const first = start(cable.near);
  await first.call('table', { name: 'kdev_out', content: CAPTURE });
  const second = start(cable.near);
  const refused = second.call('table', { name: 'kdev_out', content: CAPTURE });
  await expect(refused).rejects.toThrow(/kdev_out|permitted/i);
  await first.kill();
  expect(tables(cable.near)).toBe('');
  await second.call('table', { name: 'kdev_out', content: CAPTURE });
  await second.call('table', { name: 'kdev_out', content: 'chain empty { }' });
  expect(await second.call('nft', 'list ruleset')).not.toContain('tproxy');
  await second.call('closeTable', undefined);
  expect(tables(cable.near)).toBe('');
});
