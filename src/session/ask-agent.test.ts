import { expect, test } from 'vitest';
import type { AgentLink } from './agent-link.ts';
import { askAgent } from './ask-agent.ts';

const first = { name: 'first' } as unknown as AgentLink;
const second = { name: 'second' } as unknown as AgentLink;
const signal = new AbortController().signal;

/** A service whose agent is another one at each look; the last stays. */
function asked(...links: readonly (AgentLink | undefined)[]) {
  let looks = 0;
  const linkNow = () => links[Math.min(looks++, links.length - 1)];
  return { service: 'orders', linkNow, why: () => 'pod orders-1 is gone', nowMs: () => 0 };
}

function broken(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test('where the agent is replaced, the next one answers', async () => {
  const question = (link: AgentLink) =>
    link === second ? Promise.resolve('yes') : Promise.reject(broken('ECONNRESET'));
  expect(await askAgent(asked(undefined, first, first, second), question, signal)).toBe('yes');
});

test('what an agent refuses is not asked again', async () => {
  const question = () => Promise.reject(broken('ENOENT'));
  await expect(askAgent(asked(first), question, signal)).rejects.toThrow('ENOENT');
});

test('who has waited for an agent in vain has no bug to report', async () => {
  const late = { ...asked(undefined), nowMs: clockOf(0, 40_000) };
  const question = () => Promise.resolve('yes');
  await expect(askAgent(late, question, signal)).rejects.toMatchObject({
    code: 'KDEV7003',
    evidence: 'pod orders-1 is gone',
  });
});

test('the end of the session ends the wait with its own reason', async () => {
  const ended = AbortSignal.abort(new Error('the session is ending'));
  await expect(askAgent(asked(undefined), () => Promise.resolve(''), ended)).rejects.toThrow(
    'ending',
  );
});

function clockOf(...times: readonly number[]): () => number {
  const left = [...times];
  return () => left.shift() ?? times.at(-1) ?? 0;
}
