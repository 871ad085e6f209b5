import { expect, test } from 'vitest';
import type { IncomingMode } from '../../src/protocol/launch.ts';
import { Journal } from '../../src/runtime/journal.ts';
import { newTally } from '../status/tally.ts';
import { Incoming } from './incoming.ts';

const bystander = { address: '203.0.113.7', port: 40_000 };

function isTaken(mode: IncomingMode, port: number): boolean {
  const stop = new AbortController();
  const incoming = new Incoming({
    incoming: { mode, flush: false, ports: [{ target: 53, service: 5353, transport: 'udp' }] },
    link: { call: () => Promise.reject(new Error('no link')), state: 'closed' },
    tally: newTally(),
    journal: new Journal({ write: () => undefined, now: () => new Date(0), monotonicMs: () => 0 }),
    signal: stop.signal,
  });
  try {
    return incoming.takeAnswer({ address: '10.88.0.2', port }, bystander, Buffer.from('late'));
  } finally {
    stop.abort();
    incoming.close();
  }
}

test('what leaves a mirrored UDP port reaches nobody, whoever was forgotten meanwhile', () => {
  expect(isTaken('mirror', 5353)).toBe(true);
  expect(isTaken('mirror', 5354)).toBe(false);
  expect(isTaken('steal', 5353)).toBe(false);
});
