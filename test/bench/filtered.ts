import { alone, compare, type Figure } from './figures.ts';
import { type BenchWorld, timedShape } from './world.ts';

/** Every tenth request of the load `filtered` has this header. */
const FILTER = 'x-bench=mine';
const work = ['filtered', 'http://target:8080/', '8', '5s', '500'];

/**
 * B4: the requests that a filter leaves to the target, at a pace that leaves room, beside the same load without kdev. Those that match
 * are sent too, and not counted.
 */
export async function filtered(world: BenchWorld): Promise<Figure[]> {
  const runs = { kdev: [] as number[][], baseline: [] as number[][] };
  const load = async () => {
    const { p50, p99, failed } = await world.load('client pod', work, timedShape);
    return [p50, p99, failed];
  };
  for (let round = 0; round < 5; round++) {
    await world.kdev(['compose', 'down']);
    runs.baseline.push(await load());
    await world.kdev(['compose', 'up', '-d'], { KDEV_INCOMING_FILTER: FILTER });
    runs.kdev.push(await load());
  }
  await world.kdev(['compose', 'down']);
  await world.kdev(['compose', 'up', '-d']);
  const each = (rows: readonly number[][], at: number) => rows.map((row) => row[at] ?? 0);
  return [
    compare('B4 p50, not matching', 'ms', each(runs.kdev, 0), each(runs.baseline, 0)),
    compare('B4 p99, not matching', 'ms', each(runs.kdev, 1), each(runs.baseline, 1)),
    alone('B4 failed', 'requests', [each(runs.kdev, 2).reduce((sum, failed) => sum + failed, 0)]),
  ];
}
