import { expect, test } from 'vitest';
import type { IncomingNow } from '../session/control.ts';
import { awaitIncoming, type Wanted } from './await-incoming.ts';

const orders: Wanted = {
  service: 'orders',
  mode: 'steal',
  ports: [{ service: 3000, target: 80 }],
  target: 'deployment/orders',
  readyPods: 1,
  context: { value: 'kind-dev', from: '' },
  namespace: { value: 'shop', from: '' },
};
const off: Wanted = { ...orders, service: 'worker', mode: 'off', ports: [] };

/** A session that gives these answers one after the other, and then the last again; `asked` sees each question. */
function watch(
  answers: readonly IncomingNow[][],
  asked: (times: number) => void = () => undefined,
) {
  const steps: string[] = [];
  const over = new AbortController();
  let times = 0;
  const client = {
    call: () => {
      const services = answers[Math.min(times++, answers.length - 1)] ?? [];
      asked(times);
      return Promise.resolve({ services });
    },
  };
  const watching = {
    client: client as never,
    story: { step: (...words: string[]) => void steps.push(words.join(' ')) },
    everyMs: 1,
    signal: over.signal,
  };
  return { watching, steps, over };
}

const now = (service: string, ports: number[], isLinked = true) => ({
  service,
  ports,
  udp: [],
  isLinked,
});

test('what is there at once needs no line', async () => {
  const { watching, steps } = watch([[now('orders', [80]), now('worker', [])]]);
  const standing = await awaitIncoming([orders, off], watching);
  expect(standing.map(({ service, incoming }) => [service, incoming])).toEqual([
    ['orders', [80]],
    ['worker', []],
  ]);
  expect(steps).toEqual([]);
});

test('a port that another session has: whose it is, and what to do', async () => {
  const hint = { who: 'you', text: 'gives it back', command: 'kdev compose down' } as const;
  const conflict = { code: 'KDEV5005', fact: 'bob@desk has it', hints: [hint] };
  const { watching, steps, over } = watch([[{ ...now('orders', []), conflict }]], (times) => {
    if (times > 2) over.abort();
  });
  const [standing] = await awaitIncoming([orders], watching);
  expect(standing?.conflict).toBe('bob@desk has it (KDEV5005; gives it back: kdev compose down)');
  expect(steps[0]).toContain('to get a port that another session has');
});

test('it waits for the link, and then for the program to listen', async () => {
  const { watching, steps } = watch([
    [],
    [now('orders', [], false), now('worker', [], false)],
    [now('orders', []), now('worker', [])],
    [now('orders', [80]), now('worker', [])],
  ]);
  await awaitIncoming([orders, off], watching);
  expect([...new Set(steps)]).toEqual([
    'service orders to be linked working',
    'service worker to be linked working',
    'service orders to listen on :3000 working',
    'service worker linked done',
    'service orders listens done',
  ]);
});

test('it waits only as long as it may, and tells what is so then', async () => {
  const { watching, over, steps } = watch([[now('orders', [])]], (times) => {
    if (times === 3) over.abort();
  });
  const [standing] = await awaitIncoming([orders], watching);
  expect(standing).toMatchObject({ incoming: [], isLinked: true });
  expect(steps).toHaveLength(2);
});
