import { alone, compare, type Figure } from './figures.ts';
import { type BenchWorld, timedShape } from './world.ts';

const rounds = 3;
const inFlight = '16';

/** Round trips of UDP to a pod, from the service and, beside it, from another pod. */
export async function datagrams(world: BenchWorld): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const bytes of ['64', '1200']) {
    const kdev: number[] = [];
    const baseline: number[] = [];
    let lost = 0;
    for (let round = 0; round < rounds; round++) {
      const run = (place: 'service' | 'client pod') =>
        world.load(place, ['udp', 'plain:9010', bytes, inFlight, '4s'], timedShape);
      const { perSecond, failed } = await run('service');
      kdev.push(perSecond);
      lost += failed;
      baseline.push((await run('client pod')).perSecond);
    }
    figures.push(
      compare(`B8 ${bytes} bytes`, 'round trips/s', kdev, baseline),
      alone(`B8 ${bytes} bytes, lost`, 'datagrams', [lost]),
    );
  }
  return figures;
}
