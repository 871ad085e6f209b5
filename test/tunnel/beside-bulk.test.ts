import { expect, test } from 'vitest';
import { arrivalAt, closed, info } from './drive.ts';
import { type PathSettings, slowPath } from './slow-path.ts';
import { joinMuxes } from './stage.ts';

const megabyte = 1024 * 1024;

/** Bulk for some time, and the median of the pings beside it in its second half. */
async function pingBesideBulk(path: PathSettings, forMs: number): Promise<number> {
  const stage = await joinMuxes((acceptor) => () => {
    const [caller, agent] = slowPath(path);
    acceptor.accept(agent);
    return Promise.resolve(caller);
  });
  const arrived = arrivalAt(stage.agent);
  const near = stage.caller.open(info);
  near.on('error', () => {});
  const chunk = Buffer.alloc(64 * 1024);
  const pour = () => {
    while (!near.destroyed && near.write(chunk));
  };
  near.on('drain', pour);
  pour();
  const far = await arrived;
  far.on('error', () => {});
  far.resume();
  await new Promise((resolve) => setTimeout(resolve, forMs / 2));
  const pings: number[] = [];
  const fromMs = performance.now();
  while (performance.now() - fromMs < forMs / 2) {
    pings.push(await stage.caller.ping());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  near.destroy();
  await closed(far);
  await stage.close();
  pings.sort((left, right) => left - right);
  return pings[pings.length >> 1] ?? Number.NaN;
}

test('beside bulk over 100 Mbit/s and 20 ms, a ping does not wait for the megabytes of buffers between', async () => {
  const path = { bytesPerMs: 12_500, delayMs: 10, bufferBytes: 4 * megabyte };
  // Without the cap the buffers fill, and a ping waits at least 335 ms. A busy machine makes timers late, so the bound leaves
  // room; src/tunnel/flight-cap.test.ts has the exact figures.
  expect(await pingBesideBulk(path, 3_000)).toBeLessThan(200);
});
