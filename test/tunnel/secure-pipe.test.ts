import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect, createServer, TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { acceptSecurePipe, type SessionKey, securePipe } from '../../src/tunnel/secure-pipe.ts';
import { memoryPair, tcpPair } from './pipes.ts';
import { selfSigned } from './self-signed.ts';

const key: SessionKey = { id: randomBytes(16).toString('hex'), secret: randomBytes(32) };
const soon = () => AbortSignal.timeout(5_000);

async function outcome(attempt: Promise<unknown>): Promise<unknown> {
  try {
    await attempt;
    return 'accepted';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
}

test.each([
  ['TCP', tcpPair],
  ['a pipe that is no socket', async () => memoryPair()],
] as const)(
  'two holders of the key find each other over %s, and the role is told',
  async (_name, pair) => {
    for (const role of ['sidecar', 'session'] as const) {
      const [callerEnd, agentEnd] = await pair();
      const [caller, agent] = await Promise.all([
        securePipe(callerEnd, role, key, soon()),
        acceptSecurePipe(agentEnd, key, soon()),
      ]);
      expect(agent.role).toBe(role);
      caller.write('a secret');
      expect(String(await firstBytes(agent.pipe))).toBe('a secret');
      caller.destroy();
      agent.pipe.destroy();
    }
  },
);

test('another secret is refused on both sides', async () => {
  const [callerEnd, agentEnd] = await tcpPair();
  const other = { id: key.id, secret: randomBytes(32) };
  const ends = [
    securePipe(callerEnd, 'sidecar', other, soon()),
    acceptSecurePipe(agentEnd, key, soon()),
  ];
  expect(await Promise.all(ends.map(outcome))).toEqual(['EACCES', 'EACCES']);
  expect([callerEnd.destroyed, agentEnd.destroyed]).toEqual([true, true]);
});

test('another session, and a role that does not exist, are refused', async () => {
  const other = { id: randomBytes(16).toString('hex'), secret: key.secret };
  for (const [role, callerKey] of [
    ['sidecar', other],
    ['root', key],
  ] as const) {
    const [callerEnd, agentEnd] = await tcpPair();
    const caller = securePipe(callerEnd, role as 'sidecar', callerKey, soon());
    const agent = acceptSecurePipe(agentEnd, key, soon());
    expect(await Promise.all([outcome(caller), outcome(agent)])).toEqual(['EACCES', 'EACCES']);
  }
});

test('a caller without any key is refused', async () => {
  const [callerEnd, agentEnd] = await tcpPair();
  connect({ socket: callerEnd, rejectUnauthorized: false, ALPNProtocols: ['kdev/1'] }).on(
    'error',
    () => {},
  );
  expect(await outcome(acceptSecurePipe(agentEnd, key, soon()))).toBe('EACCES');
});

test('a man in the middle with a certificate is refused', async () => {
  const { key: privateKey, cert } = selfSigned('agent');
  const server = createServer({ key: privateKey, cert, ALPNProtocols: ['kdev/1'] });
  server.on('tlsClientError', () => {});
  const [callerEnd, middleEnd] = await tcpPair();
  server.emit('connection', middleEnd);
  expect(await outcome(securePipe(callerEnd, 'sidecar', key, soon()))).toBe('EACCES');
});

test('another version of the pipe is refused in words', async () => {
  const [callerEnd, agentEnd] = await tcpPair();
  const caller = connect({
    socket: callerEnd,
    minVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
    ALPNProtocols: ['kdev/9'],
    pskCallback: () => ({ psk: key.secret, identity: `sidecar:${key.id}` }),
    checkServerIdentity: () => undefined,
  });
  caller.on('error', () => {});
  const agent = acceptSecurePipe(agentEnd, key, soon());
  await expect(agent).rejects.toMatchObject({
    code: 'EPROTO',
    message: 'the other end of the pipe does not speak kdev/1',
  });
});

test('garbage, an early end and silence end the handshake', async () => {
  const [garbledEnd, garbler] = await tcpPair();
  garbler.on('error', () => {}).write('HTTP/1.1 400 Bad Request\r\n\r\n');
  expect(await outcome(securePipe(garbledEnd, 'sidecar', key, soon()))).toBe('EPROTO');

  const [webEnd, browser] = await tcpPair();
  browser.on('error', () => {});
  webEnd.on('error', () => {}).write('GET / HTTP/1.1\r\n\r\n');
  expect(await outcome(acceptSecurePipe(browser, key, soon()))).toBe('EPROTO');

  const [endedEnd, ender] = await tcpPair();
  ender.end();
  expect(await outcome(securePipe(endedEnd, 'sidecar', key, soon()))).toBe('ECONNRESET');

  const [deafEnd, silent] = await tcpPair();
  silent.on('error', () => {});
  const reason = new Error('too late');
  const signal = AbortSignal.any([AbortSignal.timeout(50)]);
  expect(await outcome(securePipe(deafEnd, 'sidecar', key, signal))).toBe(23);
  expect(deafEnd.destroyed).toBe(true);
  const [unusedEnd] = await tcpPair();
  expect(await outcome(securePipe(unusedEnd, 'sidecar', key, AbortSignal.abort(reason)))).toBe(
    reason,
  );
});

test('an end in the handshake is told in words of our own', async () => {
  const [callerEnd, agentEnd] = await tcpPair();
  agentEnd.end();
  await expect(securePipe(callerEnd, 'sidecar', key, soon())).rejects.toMatchObject({
    code: 'ECONNRESET',
    message: 'the pipe closed in the TLS handshake',
  });
});

test('what the caller sent behind its preamble, before the agent secures the pipe, is not lost', async () => {
  const [callerEnd, agentEnd] = await tcpPair();
  const securing = securePipe(callerEnd, 'sidecar', key, soon());
  await new Promise((resolve) => agentEnd.once('readable', resolve));
  const [caller, agent] = await Promise.all([securing, acceptSecurePipe(agentEnd, key, soon())]);
  expect(caller).toBeInstanceOf(TLSSocket);
  agent.pipe.write('welcome');
  expect(String(await firstBytes(caller))).toBe('welcome');
  caller.destroy();
  agent.pipe.destroy();
});

function firstBytes(pipe: Duplex): Promise<Buffer> {
  return new Promise((resolve) => pipe.once('data', resolve));
}
