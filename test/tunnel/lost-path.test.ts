import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/protocol/limits.ts';
import {
  decodeLinkWelcome,
  encodeLinkHello,
  encodeRecord,
  LINK_WELCOME_BYTES,
  type LinkHello,
  RECORD,
  WELCOME,
} from '../../src/protocol/records.ts';
import { type Clock, systemClock } from '../../src/runtime/clock.ts';
import { readExactly } from '../../src/runtime/read-exactly.ts';
import { connectLink } from '../../src/tunnel/connect-link.ts';
import type { Link, LinkState } from '../../src/tunnel/link.ts';
import { LinkAcceptor } from '../../src/tunnel/link-acceptor.ts';
import { Mux } from '../../src/tunnel/mux.ts';
import { arrivalAt, closed, consumers, failure, info, produce } from './drive.ts';
import { memoryPair } from './pipes.ts';
import { killedStage } from './stage.ts';

const whole = () => undefined;

describe('a path that swallows everything', () => {
  test('is noticed by its silence while nothing is sent, and replaced', async () => {
    const stage = await killedStage({ link: { pingAfterMs: 100, deadAfterMs: 300 } }, whole);
    await stage.caller.ping();
    const before = stage.callerLink.resumed;
    stage.proxy.swallow(true);
    const lost = stateOf(stage.callerLink, 'resuming');
    expect(await lost).toMatchObject({ code: 'ETIMEDOUT' });
    stage.proxy.swallow(false);
    await stage.caller.ping();
    expect(stage.callerLink.resumed).toBeGreaterThan(before);
    await stage.close();
  });

  test('is noticed sooner while bytes wait, and none of them is lost', async () => {
    const stage = await killedStage({ link: { stallMs: 300 } }, whole);
    const arrived = arrivalAt(stage.agent);
    const near = stage.caller.open(info);
    const sent = produce(near, 20 * 1024 * 1024);
    const far = await arrived;
    const got = consumers['data']?.(far);
    await once(far, 'data');
    stage.proxy.swallow(true);
    const startedMs = performance.now();
    await stateOf(stage.callerLink, 'resuming');
    expect(performance.now() - startedMs).toBeLessThan(1_500);
    stage.proxy.swallow(false);
    expect(await got).toBe(await sent);
    far.end();
    await closed(near.resume());
    await stage.close();
  });

  test('holds an attempt to resume no longer than its deadline', async () => {
    const stage = await killedStage({ link: { handshakeMs: 300 } }, whole);
    await stage.caller.ping();
    stage.proxy.swallow(true);
    stage.proxy.cutAll();
    const reasons: (string | undefined)[] = [];
    stage.callerLink.onState = (_state, why) => reasons.push((why as NodeJS.ErrnoException)?.code);
    await new Promise<void>((resolve) => {
      const look = () => {
        if (reasons.length >= 3) resolve();
        else setTimeout(look, 20);
      };
      look();
    });
    expect(reasons.slice(1, 3)).toEqual(['ETIMEDOUT', 'ETIMEDOUT']);
    stage.proxy.swallow(false);
    await stage.caller.ping();
    await stage.close();
  });
});

test('after a cut of some seconds the link is back within a tenth of them', async () => {
  const stage = await killedStage({}, whole);
  await stage.caller.ping();
  stage.proxy.refuse(true);
  stage.proxy.cutAll();
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  stage.proxy.refuse(false);
  const startedMs = performance.now();
  await stage.caller.ping();
  expect(performance.now() - startedMs).toBeLessThan(500);
  await stage.close();
});

test('a machine that wakes gives its pipe 3 s, not 25', async () => {
  let sleptMs = 0;
  const clock: Clock = { ...systemClock, wallMs: () => Date.now() + sleptMs };
  const stage = await killedStage({ link: { clock, wakeMs: 200 } }, whole);
  await stage.caller.ping();
  stage.proxy.swallow(true);
  sleptMs = 3_600_000;
  const startedMs = performance.now();
  await stateOf(stage.callerLink, 'resuming');
  expect(performance.now() - startedMs).toBeLessThan(4_000);
  stage.proxy.swallow(false);
  await stage.caller.ping();
  await stage.close();
});

test('streams wait for the link until it gives up, and are reset then', async () => {
  const stage = await killedStage({ link: { giveUpMs: 300 } }, whole);
  const arrived = arrivalAt(stage.agent);
  const near = stage.caller.open(info);
  const far = await arrived;
  stage.proxy.refuse(true);
  stage.proxy.cutAll();
  expect(await Promise.all([failure(near), failure(far)])).toEqual(['ETIMEDOUT', 'ETIMEDOUT']);
  expect(await stage.caller.closed).toMatchObject({ code: 'ETIMEDOUT' });
  await stage.close();
});

test('an agent that has forgotten the link says so, and everything is reset', async () => {
  let acceptor = new LinkAcceptor((link) => {
    new Mux(link, { side: 'agent' }).onStream = (stream) => stream.on('error', () => {}).accept();
  });
  let cut = () => {};
  const link = connectLink(() => {
    const [caller, agent] = memoryPair();
    cut = () => agent.destroy();
    acceptor.accept(agent);
    return Promise.resolve(caller);
  });
  const mux = new Mux(link, { side: 'caller' });
  const near = mux.open(info);
  await near.accepted;
  acceptor = new LinkAcceptor(() => {});
  cut();
  expect(await failure(near)).toBe('ESTALE');
  expect(await mux.closed).toMatchObject({ code: 'ESTALE' });
});

test('a newer pipe of the same link replaces the old one, and an older one is turned away', async () => {
  const acceptor = new LinkAcceptor((link) => new Mux(link, { side: 'agent' }));
  const hello = { link: 'ab'.repeat(16), epoch: 7, resume: false, received: 0 };
  const greet = async (own: Partial<LinkHello>) => {
    const [caller, agent] = memoryPair();
    acceptor.accept(agent);
    caller.write(encodeLinkHello({ ...hello, ...own }));
    const reading = { awaited: 'the welcome', signal: AbortSignal.timeout(2_000) };
    const welcome = decodeLinkWelcome(await readExactly(caller, LINK_WELCOME_BYTES, reading));
    return { caller, agent, welcome };
  };
  const first = await greet({});
  expect(first.welcome).toEqual({ status: WELCOME.ok, received: 0 });
  const older = await greet({ epoch: 6 });
  expect(older.welcome.status).toBe(WELCOME.stale);
  expect(first.agent.destroyed).toBe(false);
  const newer = await greet({ epoch: 8, resume: true });
  expect(newer.welcome.status).toBe(WELCOME.ok);
  expect(first.agent.destroyed).toBe(true);
  acceptor.close();
  newer.caller.write(encodeRecord(RECORD.finAck));
  await once(newer.caller.resume(), 'end');
  const late = await greet({ epoch: 9, resume: true });
  expect(late.welcome.status).toBe(WELCOME.closed);
});

test('an acceptor knows no more links than its limit, and takes a new one when one has ended', async () => {
  const links: Link[] = [];
  const acceptor = new LinkAcceptor((link) => links.push(link));
  const greet = async (n: number) => {
    const [caller, agent] = memoryPair();
    acceptor.accept(agent);
    const link = n.toString(16).padStart(32, '0');
    caller.write(encodeLinkHello({ link, epoch: 1, resume: false, received: 0 }));
    const reading = { awaited: 'the welcome', signal: AbortSignal.timeout(2_000) };
    return decodeLinkWelcome(await readExactly(caller, LINK_WELCOME_BYTES, reading)).status;
  };
  for (let n = 0; n < LIMITS.links; n += 1) expect(await greet(n)).toBe(WELCOME.ok);
  expect(await greet(100)).toBe(WELCOME.busy);
  links[3]?.abort(new Error('a test'));
  expect(await greet(101)).toBe(WELCOME.ok);
  for (const link of links) link.abort(new Error('the test is over'));
});

function stateOf(
  link: { onState: (state: LinkState, why?: Error) => void },
  awaited: LinkState,
): Promise<Error | undefined> {
  return new Promise((resolve) => {
    link.onState = (state, why) => {
      if (state === awaited) resolve(why);
    };
  });
}
