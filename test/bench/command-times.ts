import { run } from '../run/shell.ts';
import { alone, type Figure, interleave } from './figures.ts';
import type { BenchWorld } from './world.ts';

/** B15: how long a person looks at nothing. */
export async function firstWords(world: BenchWorld): Promise<Figure[]> {
  const version = await interleave('B15 kdev --version', 'ms', {
    rounds: 15,
    kdev: () => milliseconds(() => world.kdev(['--version'])),
    // What is Node.js's own of it.
    baseline: () => milliseconds(() => run(process.execPath, ['--eval', ''])),
  });
  const lines: number[] = [];
  for (let round = 0; round < 5; round++)
    lines.push(await firstLineMs(world, ['compose', 'up', '-d']));
  await world.plainCompose(['up', '-d']);
  const ps = await interleave('B15 compose ps', 'ms', {
    rounds: 15,
    kdev: () => milliseconds(() => world.kdev(['compose', 'ps'])),
    baseline: () => milliseconds(() => world.plainCompose(['ps'])),
  });
  await world.plainCompose(['down']);
  return [version, alone('B15 compose up, first line', 'ms', lines), added(ps)];
}

/** B16: up of what is up already, and of a service whose image is built anew. */
export async function upAgain(world: BenchWorld): Promise<Figure[]> {
  await world.plainCompose(['up', '-d']);
  const unchanged = await interleave('B16 up -d, unchanged', 's', {
    rounds: 7,
    kdev: () => seconds(() => world.kdev(['compose', 'up', '-d'])),
    baseline: () => seconds(() => world.plainCompose(['up', '-d'])),
  });
  let round = 0;
  const args = ['-f', 'compose.yaml', '-f', 'rebuilt.yaml', 'up', '-d', '--build'];
  const env = () => ({ ROUND: `${process.pid}-${++round}` });
  await world.kdev(['compose', ...args], env());
  await world.plainCompose(args, env());
  const rebuilt = await interleave('B16 up -d, one rebuilt', 's', {
    rounds: 5,
    kdev: () => seconds(() => world.kdev(['compose', ...args], env())),
    baseline: () => seconds(() => world.plainCompose(args, env())),
  });
  await world.plainCompose(['down']);
  await world.kdev(['compose', 'up', '-d']);
  await run('docker', [
    'image',
    'rm',
    '--force',
    'kdev-bench/rebuilt:1',
    'kdev-bench/rebuilt-plain:1',
  ]);
  return [added(unchanged), added(rebuilt)];
}

/** The difference is what counts. */
function added(figure: Figure): Figure {
  const more = figure.kdev - (figure.baseline ?? 0);
  return {
    ...figure,
    note: `${more < 0 ? '-' : '+'} ${Math.abs(more).toPrecision(2)} ${figure.unit}`,
  };
}

async function firstLineMs(world: BenchWorld, args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  let first: number | undefined;
  await world.kdev(args, {}, () => {
    first ??= performance.now() - startedAt;
  });
  return first ?? Number.NaN;
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  return (await seconds(work)) * 1000;
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
