import { expect, test } from 'vitest';
import { containerWords, readLog } from './container-words.ts';
import type { Engine } from './engine.ts';

function frame(stream: number, text: string): Buffer {
  const head = Buffer.from([stream, 0, 0, 0, 0, 0, 0, text.length]);
  return Buffer.concat([head, Buffer.from(text)]);
}

const log = Buffer.concat([frame(1, 'first\n'), frame(2, 'no nftables\n')]);

/** An engine with one container; `ask` is all that is needed of it. */
function engineWith(inspected: object): Engine {
  const container = {
    inspect: () => Promise.resolve(inspected),
    logs: () => Promise.resolve(log),
  };
  const docker = { getContainer: () => container };
  const ask = (_: string, request: (docker: never) => unknown) => request(docker as never);
  return { ask } as unknown as Engine;
}

test('what the health check said last', async () => {
  const Health = { Log: [{ Output: 'rules' }, { Output: 'no link to the agent: no pipe yet\n' }] };
  const engine = engineWith({ State: { Running: true, Health }, RestartCount: 0 });
  expect(await containerWords(engine, 'x')).toBe(
    'its health check says: no link to the agent: no pipe yet',
  );
});

test('the end of the log of one that has ended, or that keeps starting', async () => {
  const ended = engineWith({ State: { Running: false }, RestartCount: 0 });
  expect(await containerWords(ended, 'x')).toBe('its last words: first\nno nftables');
  const Health = { Log: [{ Output: 'the sidecar does not answer' }] };
  const looping = engineWith({ State: { Running: true, Health }, RestartCount: 2 });
  expect(await containerWords(looping, 'x')).toBe(
    'its health check says: the sidecar does not answer\nits last words: first\nno nftables',
  );
});

test('a healthy one says nothing', async () => {
  const engine = engineWith({ State: { Running: true, Health: { Log: [] } }, RestartCount: 0 });
  expect(await containerWords(engine, 'x')).toBe(undefined);
});

test('a log that is cut off is read as far as it goes', () => {
  expect(readLog(log.subarray(0, log.length - 3))).toBe('first\nno nftabl');
  expect(readLog(log.subarray(0, 5))).toBe('');
});
