import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DNS_RCODE, isTruncated, responseCode } from '../../src/protocol/dns-message.ts';
import { testWorld } from '../outgoing/test-world.ts';
import { newTally } from '../status/tally.ts';
import { createAnswerQuery } from './answer-query.ts';

const bytes = (hex: string) => Buffer.from(hex.replace(/\s/g, ''), 'hex');
// id 1234, RD, one question: www.kdev A IN
const remote = bytes('1234 0100 0001 0000 0000 0000  03 777777 04 6b646576 00 0001 0001');
// the same with an OPT record that offers 1232 bytes
const edns = bytes(
  '1234 0100 0001 0000 0000 0001  03 777777 04 6b646576 00 0001 0001  00 0029 04d0 00000000 0000',
);
// id 1234, RD, one question: db A IN
const local = bytes('1234 0100 0001 0000 0000 0000  02 6462 00 0001 0001');
// an answer of 600 bytes, under another id
const long = Buffer.concat([bytes('ffff 8180 0001 0001 0000 0000'), Buffer.alloc(588)]);

interface World {
  up: boolean;
  agent: () => Promise<Buffer>;
  docker: () => Promise<Buffer>;
}

function answering(world: Partial<World>) {
  const tally = newTally().dns;
  const problems: string[] = [];
  const asked: string[] = [];
  const learned: unknown[] = [];
  const { up = true, agent, docker } = world;
  const answer = createAnswerQuery({
    askAgent: async (query, transport) => {
      asked.push(`agent ${transport} ${query.length}`);
      return (await agent?.()) ?? Buffer.alloc(0);
    },
    isLinkUpWithin: () => Promise.resolve(up),
    askDocker: async (_query, transport) => {
      asked.push(`docker ${transport}`);
      return (await docker?.()) ?? Buffer.alloc(0);
    },
    askUpstream: async (_query, transport) => {
      asked.push(`upstream ${transport}`);
      return (await docker?.()) ?? Buffer.alloc(0);
    },
    world: {
      ...testWorld({ names: ['db'], dns: { local: ['near'] } }),
      learn: (name, answered) => learned.push({ name, answered }),
    },
    tally,
    journal: { problem: (name, text) => problems.push(`${name}: ${text}`) },
  });
  return { answer, tally, problems, asked, learned };
}

const failing = (code: string) => () =>
  Promise.reject(Object.assign(new Error(`failed: ${code}`), { code }));

test('the agent’s answer passes as it is, under the id that was asked', async () => {
  const { answer, tally, asked } = answering({ agent: () => Promise.resolve(Buffer.from(long)) });
  const reply = await answer(remote, 'tcp', 'service');
  expect(reply?.subarray(0, 2)).toEqual(bytes('1234'));
  expect(reply?.subarray(2)).toEqual(long.subarray(2));
  expect(asked).toEqual([`agent tcp ${remote.length}`]);
  expect(tally).toEqual({ agent: 1, docker: 0, failed: 0 });
});

test('over UDP an answer beyond 512 bytes, or the size that the client offers, goes back with TC', async () => {
  const { answer } = answering({ agent: () => Promise.resolve(Buffer.from(long)) });
  const plain = await answer(remote, 'udp', 'service');
  expect(plain?.length).toBe(remote.length);
  expect(plain && isTruncated(plain)).toBe(true);
  const offered = await answer(edns, 'udp', 'service');
  expect(offered?.length).toBe(long.length);
  expect(offered && isTruncated(offered)).toBe(false);
});

test('a local name is asked of Docker alone; Docker’s silence is SERVFAIL', async () => {
  const silent = answering({ docker: failing('ETIMEDOUT') });
  const reply = await silent.answer(local, 'udp', 'service');
  expect(reply && responseCode(reply)).toBe(DNS_RCODE.SERVFAIL);
  expect(silent.asked).toEqual(['docker udp']);
  expect(silent.problems).toEqual(['dns: db: failed: ETIMEDOUT']);
});

test('a local name that Docker forwards, because it does not know it now, is NXDOMAIN', async () => {
  const { answer, asked } = answering({});
  const reply = await answer(local, 'udp', 'forwarded');
  expect(reply && responseCode(reply)).toBe(DNS_RCODE.NXDOMAIN);
  expect(asked).toEqual([]);
});

test('without a link the answer is SERVFAIL, and nobody else is asked', async () => {
  const { answer, asked, problems } = answering({ up: false });
  const reply = await answer(remote, 'udp', 'service');
  expect(reply && responseCode(reply)).toBe(DNS_RCODE.SERVFAIL);
  expect(reply?.subarray(12)).toEqual(remote.subarray(12));
  expect(asked).toEqual([]);
  expect(problems).toEqual(['dns: www.kdev: no link to the agent']);
});

test('the agent’s nameservers were silent: so is the sidecar', async () => {
  const { answer, tally } = answering({ agent: failing('ETIMEDOUT') });
  expect(await answer(remote, 'udp', 'service')).toBeUndefined();
  expect(tally.failed).toBe(1);
});

test('any other failure, and an answer that is no DNS message, is SERVFAIL', async () => {
  for (const agent of [failing('EIO'), () => Promise.resolve(Buffer.alloc(3))]) {
    const reply = await answering({ agent }).answer(remote, 'udp', 'service');
    expect(reply && responseCode(reply)).toBe(DNS_RCODE.SERVFAIL);
  }
});

test('property: no bytes make it throw, and what it answers has the sender’s id', async () => {
  const { answer } = answering({ up: false });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (raw) => {
      const message = Buffer.from(raw);
      const reply = await answer(message, 'udp', 'service');
      if (reply) expect(reply.readUInt16BE(0)).toBe(message.readUInt16BE(0));
      if (message.length >= 12 && (raw[2] ?? 0) < 0x80) expect(reply).toBeDefined();
    }),
  );
});

test('2000 questions at once are all answered, some after others', async () => {
  let asking = 0;
  let most = 0;
  const { answer, problems } = answering({
    agent: async () => {
      most = Math.max(most, ++asking);
      await new Promise(setImmediate);
      asking--;
      return Buffer.from(long);
    },
  });
  const answers = await Promise.all(
    Array.from({ length: 2_000 }, () => answer(Buffer.from(remote), 'tcp', 'service')),
  );
  expect(answers.map((one) => one?.length)).toEqual(answers.map(() => long.length));
  expect(problems).toEqual([]);
  expect(most).toBeLessThan(1_024);
});

test('a name that the settings leave to this machine is asked of Docker, and what Docker forwards, of its nameservers', async () => {
  const near = bytes('1234 0100 0001 0000 0000 0000  04 6e656172 00 0001 0001');
  const told = bytes(
    '1234 8180 0001 0001 0000 0000  04 6e656172 00 0001 0001  c00c 0001 0001 0000003c 0004 0a090807',
  );
  const { answer, asked, learned } = answering({
    docker: () => Promise.resolve(Buffer.from(told)),
  });
  expect(await answer(near, 'udp', 'service')).toEqual(told);
  expect(await answer(near, 'udp', 'forwarded')).toEqual(told);
  expect(asked).toEqual(['docker udp', 'upstream udp']);
  const answered = [{ address: '10.9.8.7', ttlSeconds: 60 }];
  expect(learned).toEqual([
    { name: 'near', answered },
    { name: 'near', answered },
  ]);
});
