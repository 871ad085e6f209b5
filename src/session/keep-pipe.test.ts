import { type Duplex, duplexPair } from 'node:stream';
import { expect, test } from 'vitest';
import { encodePreamble } from '../protocol/preamble.ts';
import { PipeKeeper, type PipeState } from './keep-pipe.ts';

const key = { id: '0123456789abcdef0123456789abcdef', secret: Buffer.alloc(32, 7) };
const preamble = encodePreamble(key);

/** A sidecar and an agent at the far ends of whatever the keeper opens. */
class Ends {
  readonly sidecars: Duplex[] = [];
  readonly agents: Duplex[] = [];
  readonly states: PipeState[] = [];
  readonly stop = new AbortController();
  isSidecarUp = true;
  isAgentUp = true;
  readonly keeper = new PipeKeeper({
    key,
    openLocal: () => {
      if (!this.isSidecarUp) return undefined;
      const [pipe, sidecar] = duplexPair();
      this.sidecars.push(sidecar);
      return Promise.resolve({ pipe, rung: 'unix socket' });
    },
    openCluster: () => {
      if (!this.isAgentUp) return Promise.reject(new Error('no agent'));
      const [pipe, agent] = duplexPair();
      this.agents.push(agent);
      return Promise.resolve({ pipe, rung: 'pods/proxy' });
    },
    onState: (state) => this.states.push(state),
  });

  async using(use: () => Promise<void>) {
    const running = this.keeper.run(this.stop.signal);
    try {
      await use();
    } finally {
      this.stop.abort();
      await running;
    }
  }
}

async function sidecarSpeaks(ends: Ends, count: number) {
  await expect.poll(() => ends.sidecars.length).toBe(count);
  ends.sidecars.at(-1)?.write('hello');
  await expect.poll(() => ends.agents.length).toBe(count);
}

const isUp = { up: true, legs: ['pods/proxy', 'unix socket'] };

test('the key comes first, then bytes as they are', async () => {
  const ends = new Ends();
  await ends.using(async () => {
    await sidecarSpeaks(ends, 1);
    expect(ends.sidecars[0]?.read(preamble.length)).toEqual(preamble);
    await expect.poll(() => String(ends.agents[0]?.read() ?? '')).toBe('hello');
    ends.agents[0]?.write('answer');
    await expect.poll(() => String(ends.sidecars[0]?.read() ?? '')).toBe('answer');
    expect(ends.states).toEqual([isUp]);
  });
});

test('a sidecar that does not speak costs the agent no connection', async () => {
  const ends = new Ends();
  await ends.using(async () => {
    await expect.poll(() => ends.sidecars.length).toBe(1);
    expect(ends.agents).toHaveLength(0);
  });
});

test.each(['sidecar', 'agent'] as const)('a lost %s leg brings two new ones', async (side) => {
  const ends = new Ends();
  await ends.using(async () => {
    await sidecarSpeaks(ends, 1);
    (side === 'agent' ? ends.agents : ends.sidecars)[0]?.end();
    await sidecarSpeaks(ends, 2);
    expect(ends.states).toEqual([isUp, { up: false, why: 'the pipe was lost' }, isUp]);
  });
});

test('it says why there is no pipe, and is woken', async () => {
  const ends = new Ends();
  ends.isSidecarUp = false;
  await ends.using(async () => {
    await expect.poll(() => ends.states.length).toBe(3);
    expect(ends.states[0]).toEqual({ up: false, why: 'no sidecar is running' });
    ends.isSidecarUp = true;
    ends.isAgentUp = false;
    ends.keeper.wake();
    await expect.poll(() => ends.sidecars.length).toBe(1);
    ends.sidecars[0]?.write('hello');
    await expect.poll(() => ends.states.at(-1)).toEqual({ up: false, why: 'no agent' });
  });
});

test('its end does not wait for a sidecar that came at the same moment', async () => {
  const ends = new Ends();
  const running = ends.keeper.run(ends.stop.signal);
  // A sidecar is being asked for a pipe right now, and never says anything.
  ends.stop.abort();
  await running;
  expect([ends.sidecars.length, ends.agents.length]).toEqual([1, 0]);
});
