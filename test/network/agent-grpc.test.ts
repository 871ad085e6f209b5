import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AgentProcess, type Peer, Stage } from './agent-stage.ts';
import { callGrpc, type Question, type Result, startGrpcServer } from './grpc-program.ts';
import { FAR4 } from './kernel-namespaces.ts';

const PORT = 50_051;
const mine = { 'x-user': 'me' };

/** A busy machine may take its time. */
const SOON = { timeout: 20_000 };

let stage: Stage;
let agent: AgentProcess;
let peer: Peer;
const servers: ChildProcess[] = [];

beforeAll(async () => {
  stage = new Stage();
  const target = stage.startTarget();
  servers.push(await startGrpcServer(stage.cable.far, { NAME: 'target', GRPC_PORT: `${PORT}` }));
  servers.push(await startGrpcServer(stage.cable.near, { NAME: 'service', GRPC_PORT: `${PORT}` }));
  agent = await stage.startAgent(target, { probePorts: [PORT] });
  peer = await stage.startPeer(agent);
  await peer.program.call('service', 'forward');
  await peer.stealMatching({ header: { 'x-user': 'me' } }, PORT);
});
afterAll(async () => {
  for (const server of servers) server.kill('SIGKILL');
  await stage.clear();
});

async function ask(...questions: Question[]): Promise<readonly Result[]> {
  return await callGrpc(stage.cable.near, `${FAR4}:${PORT}`, { questions });
}

test.each([
  ['service', mine],
  ['target', {}],
])('scenario 12: every kind of gRPC call is answered by the %s', async (name, headers) => {
  const results = await ask(
    { kind: 'Unary', texts: ['a'], headers: { ...headers, 'x-echo-bin': '\u0001\u0002' } },
    { kind: 'Client', texts: ['a', 'b', 'c'], headers },
    { kind: 'Server', texts: ['3'], headers },
    { kind: 'Bidi', texts: ['a', 'b'], headers },
    { kind: 'Unary', texts: ['fail 9'], headers },
    { kind: 'Unary', texts: ['wait'], headers, deadlineMs: 500 },
    { kind: 'Server', texts: ['-1'], headers, cancelAfter: 1 },
  );
  expect(results.map(({ code, texts }) => [code, ...texts])).toEqual([
    ['OK', `${name}: a`],
    ['OK', `${name}: a b c`],
    ['OK', `${name}: 0`, `${name}: 1`, `${name}: 2`],
    ['OK', `${name}: a`, `${name}: b`],
    ['FailedPrecondition'],
    ['DeadlineExceeded'],
    ['Canceled', `${name}: endless`],
  ]);
  expect(results[0]).toMatchObject({
    headers: { 'x-app': [name] },
    trailers: { 'x-raw-bin': ['AAH/'], 'x-echo-bin': ['AQI='] },
  });
  expect(results[4]?.message).toBe(`wörds of ${name}`);
  // Deadline and cancel have ended the work.
  const log = async () =>
    (await ask({ kind: 'Unary', texts: ['log'], headers }))[0]?.texts[0]?.match(
      /Canceled|Deadline/g,
    );
  await expect.poll(log, SOON).toHaveLength(2);
});

test('scenario 12: streams of one connection are split one by one, a thousand at once', async () => {
  const plan = {
    atOnce: true,
    questions: [
      { kind: 'Bidi', texts: ['a', 'b'], headers: mine, times: 500 },
      { kind: 'Bidi', texts: ['a', 'b'], times: 500 },
    ],
  } as const;
  const results = await callGrpc(stage.cable.near, `${FAR4}:${PORT}`, plan);
  const names = results.map(({ code, texts }) => [code, ...texts].join());
  expect(new Set(names.slice(0, 500))).toEqual(new Set(['OK,service: a,service: b']));
  expect(new Set(names.slice(500))).toEqual(new Set(['OK,target: a,target: b']));
});

test('scenario 12: large messages pass both ways', async () => {
  const fill = 32 * 1024 * 1024;
  const [upload] = await ask({ kind: 'Unary', texts: ['length '], fill, headers: mine });
  expect(upload?.texts).toEqual([`${fill}`]);
  const [download] = await ask({ kind: 'Unary', texts: ['a'], fill, headers: mine });
  expect(download?.texts[0]).toHaveLength('service: a'.length + fill);
});

test('scenario 12: a service that refuses is UNAVAILABLE, and what is not its own goes on', async () => {
  await peer.program.call('service', 'refuse');
  const results = await ask(
    { kind: 'Unary', texts: ['a'], headers: mine },
    { kind: 'Unary', texts: ['b'] },
  );
  await peer.program.call('service', 'forward');
  expect(results.map(({ code }) => code)).toEqual(['Unavailable', 'OK']);
  expect(results[0]?.message).toContain(`kdev: the service that stands in for port ${PORT}`);
});

test('scenario 14: gRPC probes of the kubelet stay with the target, with a filter and without', async () => {
  const questions = [{ kind: 'Unary', texts: ['a'], headers: mine }] as const;
  const probe = { userAgent: 'kube-probe/1.37', questions };
  const address = `${FAR4}:${PORT}`; // the client's own is the node's
  for (const isFiltered of [true, false]) {
    if (!isFiltered) await peer.steal(PORT);
    expect((await callGrpc(stage.cable.near, address, probe))[0]?.texts).toEqual(['target: a']);
    expect((await ask(...questions))[0]?.texts).toEqual(['service: a']);
  }
});

test('scenario 12: a mirror shows the service the matching calls, whole, and the target answers', async () => {
  const log = async () => {
    const questions = [{ kind: 'Unary', texts: ['log'] }] as const;
    const [answer] = await callGrpc(stage.cable.near, `127.0.0.1:${PORT}`, { questions });
    return answer?.texts[0]?.match(/Client OK/g)?.length ?? 0;
  };
  const before = await log();
  const args = { mode: 'mirror', ports: [PORT], filter: { header: { 'x-user': 'me' } } };
  await peer.call('incoming.set', args);
  const texts = ['a', 'b', 'c'];
  const results = await ask(
    { kind: 'Client', texts, fill: 100_000 },
    { kind: 'Client', texts, headers: mine, fill: 100_000 },
    { kind: 'Client', texts },
    { kind: 'Client', texts, headers: mine },
  );
  expect(results.map(({ code, texts: [text] }) => [code, text?.slice(0, 9)])).toEqual(
    new Array(4).fill(['OK', 'target: a']),
  );
  await expect.poll(log, SOON).toBe(before + 2);
});
