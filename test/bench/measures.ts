import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { firstWords, upAgain } from './command-times.ts';
import { cpuOf, type NameProcess, residentBytesOf } from './cpu.ts';
import { datagrams } from './datagrams.ts';
import { alone, compare, type Figure, interleave, median } from './figures.ts';
import { filtered } from './filtered.ts';
import { type BenchWorld, movedShape, timedShape } from './world.ts';

/** A measure finds the service up and stealing, and leaves it so. */
export interface Measure {
  readonly id: string;
  readonly title: string;
  run(world: BenchWorld): Promise<Figure[]>;
}

const bulkBytes = '100000000';
const plain = (port: number) => `plain:${port}`;

export const measures: readonly Measure[] = [
  { id: 'B1', title: 'compose up -d until healthy, images warm', run: upAndDown },
  { id: 'B3', title: 'stolen HTTP keep-alive, 32 connections', run: stolenHttp },
  { id: 'B4', title: 'what a filter leaves to the target', run: filtered },
  { id: 'B5', title: "the target's own users with and without a mirror", run: mirror },
  { id: 'B6', title: 'outgoing bulk', run: bulk },
  { id: 'B7', title: 'outgoing short connections, 50 workers', run: shortConnections },
  { id: 'B8', title: 'UDP round trips, 16 in flight', run: datagrams },
  { id: 'B9', title: '1 000 look-ups of different names', run: lookups },
  { id: 'B13', title: 'CPU and memory', run: resources },
  { id: 'B14', title: 'the link cut for 5 s in a transfer', run: cutLink },
  { id: 'B15', title: 'what a person waits for: first words, ps', run: firstWords },
  { id: 'B16', title: 'up again', run: upAgain },
];

/** B1 and B2 come from the same rounds: what goes up comes down. */
async function upAndDown(world: BenchWorld): Promise<Figure[]> {
  const downs = { kdev: [] as number[], plain: [] as number[] };
  await world.kdev(['compose', 'down']);
  const up = await interleave('B1', 's', {
    rounds: 3,
    kdev: async () => {
      const took = await seconds(() => world.kdev(['compose', 'up', '-d']));
      downs.kdev.push(await seconds(() => world.kdev(['compose', 'down'])));
      return took;
    },
    baseline: async () => {
      const took = await seconds(() => world.plainCompose(['up', '-d']));
      downs.plain.push(await seconds(() => world.plainCompose(['down'])));
      return took;
    },
  });
  await world.kdev(['compose', 'up', '-d']);
  return [up, compare('B2', 's', downs.kdev, downs.plain)];
}

/** On the best ways to agent and sidecar, then on the last ones. */
async function stolenHttp(world: BenchWorld): Promise<Figure[]> {
  const best = timedFigures('B3', await stolenRuns(world, 5));
  await restart(world, { KDEV_REFUSE: 'pods/proxy,unix socket' });
  const last = timedFigures('B3 last ways,', await stolenRuns(world, 3));
  await restart(world, {});
  return [...best, ...last];
}

async function stolenRuns(world: BenchWorld, rounds: number) {
  const runs = { kdev: [] as Timed[], baseline: [] as Timed[] };
  const overForward = (address: string) =>
    world.load('machine', ['http', `http://${address}/`, '32', '3s'], timedShape);
  for (let round = 0; round < rounds; round++) {
    runs.kdev.push(
      await world.load('client pod', ['http', 'http://target:8080/', '32', '3s'], timedShape),
    );
    runs.baseline.push(await world.forwarded(8080, overForward));
  }
  return runs;
}

/** A session of its own: what it goes by is chosen when it begins. */
async function restart(world: BenchWorld, env: Readonly<Record<string, string>>): Promise<void> {
  await world.kdev(['compose', 'down']);
  await world.kdev(['compose', 'up', '-d'], env);
}

/**
 * As fast as the answers come, all of the machine is busy, with the copy's work too: the service's own, which elsewhere runs on
 * another machine. At a pace that leaves room there is only what a mirror does to a request.
 */
async function mirror(world: BenchWorld): Promise<Figure[]> {
  const p99 = async (work: string, ...pace: string[]) =>
    (await world.load('client pod', [work, 'http://target:8080/', '8', '4s', ...pace], timedShape))
      .p99;
  const full = { kdev: [] as number[], baseline: [] as number[] };
  const paced = { kdev: [] as number[], baseline: [] as number[] };
  const bulk = { lost: [] as number[], gigabits: [] as number[] };
  for (let round = 0; round < 3; round++) {
    await world.kdev(['compose', 'down']);
    full.baseline.push(await p99('http'));
    paced.baseline.push(await p99('paced', '1000'));
    await world.kdev(['compose', 'up', '-d'], { BENCH_INCOMING: 'mirror' });
    full.kdev.push(await p99('http'));
    paced.kdev.push(await p99('paced', '1000'));
    const { mbPerSecond } = await world.load(
      'client pod',
      ['down', 'target:9001', '500000000'],
      movedShape,
    );
    bulk.gigabits.push((mbPerSecond * 8) / 1000);
    bulk.lost.push(await droppedPackets(world));
  }
  await restart(world, {});
  const rate = `dropped by the kernel before the mirror read them, at ${median(bulk.gigabits).toPrecision(2)} Gbit/s`;
  return [
    compare('B5 p99, all that goes', 'ms', full.kdev, full.baseline),
    compare('B5 p99, 1 000 requests/s', 'ms', paced.kdev, paced.baseline),
    alone('B5 lost', 'packets', [Math.max(...bulk.lost)], rate),
  ];
}

async function bulk(world: BenchWorld): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [way, port] of [
    ['down', 9001],
    ['up', 9002],
  ] as const) {
    const ours: number[] = [];
    const figure = await interleave(`B6 ${way}`, 'MB/s', {
      rounds: 20,
      kdev: async () => {
        const { mbPerSecond } = await world.load(
          'service',
          [way, plain(port), bulkBytes],
          movedShape,
        );
        ours.push(mbPerSecond);
        return mbPerSecond;
      },
      baseline: () =>
        world.forwarded(
          port,
          async (address) =>
            (await world.load('machine', [way, address, bulkBytes], movedShape)).mbPerSecond,
        ),
    });
    figures.push(
      figure,
      alone(`B6 ${way} slowest`, 'of median', [Math.min(...ours) / figure.kdev]),
    );
  }
  return figures;
}

/**
 * Each round has a port of its own: beyond some 14 000 connections to one address and port within a minute the kernel's search
 * for a free port of its own takes longer than all else, for whoever connects.
 */
async function shortConnections(world: BenchWorld): Promise<Figure[]> {
  const figures: Figure[] = [];
  let port = 9003;
  for (const closer of ['client', 'server'] as const) {
    const runs = { kdev: [] as Timed[], baseline: [] as Timed[] };
    for (let round = 0; round < 3; round++, port++) {
      runs.kdev.push(
        await world.load('service', ['short', plain(port), '50', '4s', closer], timedShape),
      );
      const overForward = (address: string) =>
        world.load('machine', ['short', address, '50', '4s', closer], timedShape);
      runs.baseline.push(await world.forwarded(port, overForward));
    }
    const rate = ({ perSecond }: Timed) => perSecond;
    figures.push(
      compare(`B7 ${closer} closes`, 'connections/s', runs.kdev.map(rate), runs.baseline.map(rate)),
      alone(`B7 ${closer} closes, failed`, 'connections', [
        runs.kdev.reduce((sum, { failed }) => sum + failed, 0),
      ]),
    );
  }
  return figures;
}

async function lookups(world: BenchWorld): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [index, workers] of [1, 50].entries()) {
    const names = (side: number) => `10-${20 + index * 10 + side}-%a-%b.bench.pod.cluster.local.`;
    const runs = { kdev: [] as Timed[], baseline: [] as Timed[] };
    for (let round = 0; round < 3; round++) {
      const ask = (place: 'service' | 'client pod', side: number) =>
        world.load(place, ['dns', names(round * 2 + side), '1000', String(workers)], timedShape);
      runs.kdev.push(await ask('service', 0));
      runs.baseline.push(await ask('client pod', 1));
    }
    figures.push(
      compare(
        `B9 ${workers} at once, p50`,
        'ms',
        runs.kdev.map((run) => run.p50),
        runs.baseline.map((run) => run.p50),
      ),
      alone(`B9 ${workers} at once, failed`, 'look-ups', [
        runs.kdev.reduce((sum, { failed }) => sum + failed, 0),
      ]),
    );
  }
  return figures;
}

/** Every process of the way, by what it does on it. The API server and the kubelet carry both sides. */
const nameOfKdev: NameProcess = (command, executable) => {
  if (/sidecar\.mjs run/.test(command)) return 'sidecar';
  if (/agent\.mjs/.test(command)) return 'agent';
  if (/kdev\.mjs __session/.test(command)) return 'session';
  if (/port-forward/.test(command) && executable === 'kubectl') return 'kubectl';
  return /^(kube-apiserver|kubelet|containerd)$/.test(executable) ? executable : undefined;
};

async function resources(world: BenchWorld): Promise<Figure[]> {
  const megabytes = Number(bulkBytes) / 1e6;
  const perMegabyte = { kdev: new Map<string, number[]>(), baseline: new Map<string, number[]>() };
  const collect = (side: Map<string, number[]>, used: Map<string, number>) => {
    used.set(
      'sum',
      [...used.values()].reduce((sum, value) => sum + value, 0),
    );
    for (const [label, ms] of used) side.set(label, [...(side.get(label) ?? []), ms / megabytes]);
  };
  for (let round = 0; round < 5; round++) {
    collect(
      perMegabyte.kdev,
      await cpuOf(nameOfKdev, () =>
        world.load('service', ['down', plain(9001), bulkBytes], movedShape),
      ),
    );
    const forwarded = await world.forwarded(9001, (address) =>
      cpuOf(nameOfKdev, () => world.load('machine', ['down', address, bulkBytes], movedShape)),
    );
    collect(perMegabyte.baseline, forwarded);
  }
  const resident = await residentBytesOf(nameOfKdev);
  const idle = await cpuOf(nameOfKdev, () => delay(20_000));
  const ours = ['session', 'sidecar', 'agent'];
  return [
    compare(
      'B13 cpu, sum',
      'ms/MB',
      perMegabyte.kdev.get('sum') ?? [],
      perMegabyte.baseline.get('sum') ?? [],
    ),
    ...ours.map((label) => alone(`B13 cpu, ${label}`, 'ms/MB', perMegabyte.kdev.get(label) ?? [])),
    ...ours.map((label) =>
      alone(`B13 memory, ${label}`, 'MiB', [(resident.get(label) ?? Number.NaN) / 2 ** 20]),
    ),
    ...ours.map((label) =>
      alone(`B13 idle, ${label}`, '% of a core', [(idle.get(label) ?? 0) / 200]),
    ),
  ];
}

async function cutLink(world: BenchWorld): Promise<Figure[]> {
  const pauses: number[] = [];
  const lost: number[] = [];
  await restart(world, { KUBECONFIG: world.kubeconfigOfWay });
  const cut = async () => {
    await delay(1000);
    world.way.state = 'refuses';
    world.way.cut();
    await delay(5000);
    world.way.state = 'passes';
  };
  for (let round = 0; round < 3; round++) {
    const transfer = world.load('service', ['paused', plain(9001), '600000000'], pausedShape);
    const [{ longestPauseMs, bytes }] = await Promise.all([transfer, cut()]);
    pauses.push(longestPauseMs / 1000 - 5);
    lost.push(600_000_000 - bytes);
  }
  await restart(world, {});
  return [
    alone('B14 next byte', 's', pauses, 'after the way is back'),
    alone('B14 lost', 'bytes', [Math.max(...lost)]),
  ];
}

const pausedShape = z.object({ longestPauseMs: z.number(), bytes: z.number() });

type Timed = z.infer<typeof timedShape>;

function timedFigures(
  id: string,
  { kdev, baseline }: { kdev: readonly Timed[]; baseline: readonly Timed[] },
): Figure[] {
  const each = (unit: string, pick: (run: Timed) => number, name: string) =>
    compare(`${id} ${name}`, unit, kdev.map(pick), baseline.map(pick));
  return [
    each('requests/s', (run) => run.perSecond, 'rate'),
    each('ms', (run) => run.p50, 'p50'),
    each('ms', (run) => run.p99, 'p99'),
    alone(`${id} failed`, 'requests', [kdev.reduce((sum, { failed }) => sum + failed, 0)]),
  ];
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

const agentShape = z.looseObject({ incoming: z.looseObject({ dropped: z.number() }) });
const statusShape = z.looseObject({
  sessions: z.array(
    z.looseObject({
      project: z.string(),
      services: z.array(z.looseObject({ agent: agentShape })),
    }),
  ),
});

async function droppedPackets(world: BenchWorld): Promise<number> {
  const status = statusShape.parse(JSON.parse(await world.kdev(['status', '-o', 'json'])));
  const session = status.sessions.find(({ project }) => project === 'kdev-bench');
  return session?.services[0]?.agent.incoming.dropped ?? Number.NaN;
}
