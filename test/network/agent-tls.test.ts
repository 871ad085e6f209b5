import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Peer, Stage } from './agent-stage.ts';
import {
  callGrpc,
  makeCertificate,
  type Question,
  type Result,
  startGrpcServer,
} from './grpc-program.ts';
import { FAR4 } from './kernel-namespaces.ts';

const PORT = 8443;
const CLOSED = 8444;
const mine = { 'x-user': 'me' };

let stage: Stage;
let peer: Peer;
let folder: string;
const servers: ChildProcess[] = [];

beforeAll(async () => {
  stage = new Stage();
  const target = await stage.startTargetWithSecret(await makeCertificate('shop.example'));
  folder = await mkdtemp(path.join(tmpdir(), 'kdev-service-'));
  const { cert, key } = await makeCertificate('service.example');
  await writeFile(path.join(folder, 'tls.crt'), cert);
  await writeFile(path.join(folder, 'tls.key'), key);
  const { near, far } = stage.cable;
  const ofTarget = { NAME: 'target', TLS_PORT: `${PORT}`, TLS_FOLDER: target.folder };
  servers.push(await startGrpcServer(far, ofTarget));
  servers.push(
    await startGrpcServer(far, { ...ofTarget, TLS_PORT: `${CLOSED}`, TLS_FOLDER: folder }),
  );
  servers.push(
    await startGrpcServer(near, { NAME: 'service', TLS_PORT: `${PORT}`, TLS_FOLDER: folder }),
  );
  peer = await stage.startPeer(await stage.startAgent(target));
  await peer.program.call('service', 'forward');
  await peer.stealMatching({ header: { 'x-user': 'me' } }, PORT, CLOSED);
});
afterAll(async () => {
  for (const server of servers) server.kill('SIGKILL');
  await stage.clear();
  await rm(folder, { recursive: true });
});

async function ask(...questions: Question[]): Promise<readonly Result[]> {
  const plan = { tls: true, sni: 'shop.example', questions };
  return await callGrpc(stage.cable.near, `${FAR4}:${PORT}`, plan);
}

test('TLS under a filter is opened with the certificate of the mounted Secret, and secured again', async () => {
  for (const [name, headers] of [
    ['service', mine],
    ['target', {}],
  ] as const) {
    const [two, one, call] = await ask(
      { kind: 'get', path: '/a', headers },
      { kind: 'get1', path: '/b', headers },
      { kind: 'Bidi', texts: ['a', 'b'], headers },
    );
    // `message` is whose certificate the client saw.
    expect(two).toMatchObject({ code: 'HTTP/2.0', message: 'shop.example' });
    expect(one).toMatchObject({ code: 'HTTP/1.1', message: 'shop.example' });
    const seen = { app: name, sni: 'shop.example' };
    expect(JSON.parse(two?.texts[0] ?? '')).toMatchObject({
      ...seen,
      protocol: 'HTTP/2.0',
      path: '/a',
    });
    expect(JSON.parse(one?.texts[0] ?? '')).toMatchObject({
      ...seen,
      protocol: 'HTTP/1.1',
      path: '/b',
    });
    expect(call).toMatchObject({ code: 'OK', texts: [`${name}: a`, `${name}: b`] });
  }
});

test('TLS without its certificate stays with the target, and the sidecar is told', async () => {
  const questions = [{ kind: 'get', path: '/', headers: mine }] as const;
  const plan = { tls: true, sni: 'shop.example', questions };
  const [answer] = await callGrpc(stage.cable.near, `${FAR4}:${CLOSED}`, plan);
  expect(answer?.message).toBe('service.example');
  expect(answer?.texts[0]).toContain('"app":"target"');
  expect(await peer.program.call('notices', undefined)).toEqual([
    expect.stringContaining(`port ${CLOSED}: the target speaks TLS`),
  ]);
});

test('without a filter TLS reaches the service as it is', async () => {
  await peer.steal(PORT);
  const [answer] = await ask({ kind: 'get', path: '/' });
  expect(answer).toMatchObject({ code: 'HTTP/2.0', message: 'service.example' });
});
