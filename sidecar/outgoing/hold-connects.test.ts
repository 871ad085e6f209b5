import { once } from 'node:events';
import net from 'node:net';
import os from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectLink } from '../../src/tunnel/connect-link.ts';
import type { Link } from '../../src/tunnel/link.ts';
import { LinkAcceptor } from '../../src/tunnel/link-acceptor.ts';
import { Mux } from '../../src/tunnel/mux.ts';
import type { MuxStream } from '../../src/tunnel/stream.ts';
import { MARKS } from '../network-plan.ts';
import { newTally } from '../status/tally.ts';
import { HeldConnects, LINK_PATIENCE_MS } from './hold-connects.ts';

const from = { address: '10.50.0.2', port: 40_000 };
const to = { address: '10.96.0.10', port: 80 };

/** The real tunnel, with the test as the agent. */
let agent: Mux;
let sidecar: Mux;
let link: Link;
let server: net.Server;
let dialled: MuxStream[];
let dials: Promise<MuxStream>;

let verdicts: unknown[];
let sockets: string;
let linkView: { mux: Mux; state: 'up' | 'closed'; downMs: number };
let tally = newTally().outgoing;
let held: HeldConnects;

beforeEach(async () => {
  const path = join(os.tmpdir(), `kdev-hold-${process.pid}.sock`);
  dialled = [];
  const acceptor = new LinkAcceptor((accepted) => {
    agent = new Mux(accepted, { side: 'agent' });
    expectDial();
  });
  server = net.createServer((pipe) => acceptor.accept(pipe));
  server.listen(path);
  await once(server, 'listening');
  link = connectLink(async () => {
    const pipe = net.connect(path);
    await once(pipe, 'connect');
    return pipe;
  });
  sidecar = new Mux(link, { side: 'caller' });
  await sidecar.peer;
  verdicts = [];
  sockets = '';
  linkView = { mux: sidecar, state: 'up', downMs: 0 };
  tally = newTally().outgoing;
  held = new HeldConnects({
    link: linkView,
    verdict: (id, verdict, mark) =>
      verdicts.push(mark === undefined ? [id, verdict] : [id, verdict, mark]),
    isTaken: (port) => port === 9901,
    sockets: () => Promise.resolve(Buffer.from(sockets)),
    tally,
    journal: { problem: () => undefined },
  });
});

afterEach(async () => {
  held.close();
  await sidecar.close();
  server.close();
});

/** Arms `dials` for the next stream that reaches the agent. */
function expectDial(): void {
  dials = new Promise((resolve) => {
    agent.onStream = (stream) => {
      stream.on('error', () => undefined);
      dialled.push(stream);
      resolve(stream);
      expectDial();
    };
  });
}

/** A SYN as the queue hands it over. */
function syn(id: number, sequence: number, destination = to.port, address = to.address) {
  const ip = Buffer.from('450000280001400040060000 0a320002 0a60000a'.replaceAll(' ', ''), 'hex');
  const tcp = Buffer.from(
    '9c40 0050 00000000 00000000 5002 faf0 0000 0000'.replaceAll(' ', ''),
    'hex',
  );
  ip.set(address.split('.').map(Number), 16);
  tcp.writeUInt16BE(destination, 2);
  tcp.writeUInt32BE(sequence, 4);
  return { id, mark: MARKS.hold, uid: undefined, payload: Buffer.concat([ip, tcp]) };
}

const settled = () => expect.poll(() => verdicts);

test('a port of loopback on which somebody listens here is left to whoever does', () => {
  held.hold(syn(1, 7, 9901, '127.0.0.1'));
  expect(verdicts).toEqual([[1, 'accept', MARKS.own]]);
  expect(dialled).toEqual([]);
});

test('a SYN waits for the agent, then goes to the listener, which takes its stream once', async () => {
  const dial = dials;
  held.hold(syn(1, 7));
  const stream = await dial;
  expect(stream.info).toEqual({ kind: 'outgoing.tcp', to });
  expect(verdicts).toEqual([]);
  expect(held.take(from, to)).toBeUndefined();
  stream.accept();
  await settled().toEqual([[1, 'accept', MARKS.carry]]);
  expect(held.take(from, { ...to, port: 81 })).toBeUndefined();
  expect(held.take(from, to)).toBeDefined();
  expect(held.take(from, to)).toBeUndefined();
});

test.each([
  ['ECONNREFUSED', ['accept', MARKS.refuse], 1],
  ['EHOSTUNREACH', ['accept', MARKS.hostUnreachable], 1],
  ['ENETUNREACH', ['accept', MARKS.netUnreachable], 1],
  ['ETIMEDOUT', ['drop'], 1],
  ['ECONNRESET', ['accept', MARKS.carry], 0],
])('a dial that fails with %s', async (code, verdict, failed) => {
  const dial = dials;
  held.hold(syn(1, 7));
  (await dial).reset(code);
  await settled().toEqual([[1, ...verdict]]);
  expect(tally.failed).toBe(failed);
});

test('the same SYN again is dropped while its first one waits, and let through afterwards', async () => {
  const dial = dials;
  held.hold(syn(1, 7));
  held.hold(syn(2, 7));
  expect(verdicts).toEqual([[2, 'drop']]);
  (await dial).accept();
  await settled().toHaveLength(2);
  held.hold(syn(3, 7));
  expect(verdicts.at(-1)).toEqual([3, 'accept', MARKS.carry]);
  expect(dialled).toHaveLength(1);
});

test('another SYN of the same ports is another connect: the first one is given up', async () => {
  const first = dials;
  held.hold(syn(1, 7));
  const given = await first;
  const second = dials;
  held.hold(syn(2, 9_000));
  expect(verdicts).toEqual([[1, 'drop']]);
  await expect.poll(() => given.destroyed).toBe(true);
  (await second).accept();
  await settled().toEqual([
    [1, 'drop'],
    [2, 'accept', MARKS.carry],
  ]);
});

test('one port towards two destinations are two connects', async () => {
  held.hold(syn(1, 7, 80));
  held.hold(syn(2, 8, 81));
  await expect.poll(() => dialled).toHaveLength(2);
  for (const stream of dialled) stream.accept();
  await settled().toHaveLength(2);
  expect(held.take(from, { ...to, port: 81 })?.info).toMatchObject({ to: { port: 81 } });
});

test('what is no TCP packet is dropped', () => {
  held.hold({ id: 5, mark: 0, uid: undefined, payload: Buffer.alloc(3) });
  expect(verdicts).toEqual([[5, 'drop']]);
});

test('a dial is cancelled when the service’s socket has gone', async () => {
  const dial = dials;
  held.hold(syn(1, 7));
  const stream = await dial;
  sockets = ' 0: 0200320A:9C40 0A00600A:0050 02 0:0 ';
  await held.sweep(performance.now() + 2_000);
  expect(verdicts).toEqual([]);
  sockets = '';
  await held.sweep(performance.now() + 500);
  expect(verdicts).toEqual([]); // too early to ask
  await held.sweep(performance.now() + 2_000);
  expect(verdicts).toEqual([[1, 'drop']]);
  await expect.poll(() => stream.destroyed).toBe(true);
});

test('a dialled connection that never reaches the listener is forgotten', async () => {
  const dial = dials;
  held.hold(syn(1, 7));
  const stream = await dial;
  stream.accept();
  await settled().toHaveLength(1);
  await held.sweep(performance.now() + 6_000);
  expect(held.take(from, to)).toBeUndefined();
  await expect.poll(() => stream.destroyed).toBe(true);
  expect(verdicts).toHaveLength(1);
});

test('without a link for long, what waits and what comes finds no network', async () => {
  const dial = dials;
  held.hold(syn(1, 7));
  await dial;
  linkView.downMs = LINK_PATIENCE_MS + 1;
  await held.sweep(performance.now());
  held.hold(syn(2, 9_000));
  expect(verdicts).toEqual([
    [1, 'accept', MARKS.netUnreachable],
    [2, 'accept', MARKS.netUnreachable],
  ]);
});

test('when the link is gone for good, what waits finds no network', async () => {
  const dial = dials;
  held.hold(syn(1, 7));
  await dial;
  linkView.state = 'closed';
  await sidecar.close();
  await settled().toEqual([[1, 'accept', MARKS.netUnreachable]]);
  held.hold(syn(2, 9_000));
  expect(verdicts.at(-1)).toEqual([2, 'accept', MARKS.netUnreachable]);
});

test('a full table drops: the SYN comes again', () => {
  for (let port = 0; port < 4_096; port++) held.hold(syn(port, 1, port));
  expect(verdicts).toEqual([]);
  held.hold(syn(9_999, 1, 5_000));
  expect(verdicts).toEqual([[9_999, 'drop']]);
  expect(held.dialling).toBe(4_096);
});
