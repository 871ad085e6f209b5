// npm run bench -- [ids] [--json FILE]: every figure beside its baseline, measured in turn in the same run.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ensureDocker } from '../run/docker-daemon.ts';
import { clusterNeeds } from '../run/needs.ts';
import { setUp } from '../run/set-up.ts';
import { elapsed, step, tell } from '../run/steps.ts';
import { type Figure, table } from './figures.ts';
import { measures } from './measures.ts';
import { openWorld } from './world.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' } },
});
const wanted = measures.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
const unknown = positionals.filter((id) => !measures.some((measure) => measure.id === id));

if (unknown.length > 0) {
  tell(`no such figure: ${unknown.join(' ')}. There are:`);
  for (const { id, title } of measures) tell(`  ${id.padEnd(4)} ${title}`);
  process.exitCode = 2;
} else {
  await bench();
}

async function bench(): Promise<void> {
  const startedAt = Date.now();
  await setUp(clusterNeeds);
  const docker = await ensureDocker();
  const world = await openWorld();
  const figures: Figure[] = [];
  try {
    await step('kdev compose up -d', () => world.kdev(['compose', 'up', '-d']));
    for (const measure of wanted) {
      try {
        const found = await step(`${measure.id} ${measure.title}`, () => measure.run(world));
        figures.push(...found);
        tell(table(found));
      } catch (error) {
        tell(String(error));
        process.exitCode = 1;
      }
    }
  } finally {
    await world.kdev(['compose', 'down']).catch((error: Error) => tell(error.message));
    await world.close();
    await docker.stop();
  }
  if (values.json !== undefined)
    await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  process.stdout.write(`${table(figures)}\n`);
  tell(`(${elapsed(startedAt)})`);
}
