// A recording of the main job on a terminal, for README: `npm run recording` writes docs/recording.cast and docs/recording.svg.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { tell } from '../../test/run/steps.ts';
import { drawRecording } from './draw-recording.ts';
import { shopFolder } from './shop-in-cluster.ts';
import { openStage, type Stage } from './stage.ts';
import { type OutputEvent, TerminalSession } from './terminal-session.ts';

const columns = 100;
const rows = 27;
const lookMs = 1_100;
const docs = fileURLToPath(new URL('../../docs/', import.meta.url));

const commands = [
  'head -8 compose.yaml',
  `ask() { kubectl -n shop exec deploy/gateway -- /gateway get http://orders:8080 | cut -d'"' -f4; }`,
  'ask',
  'kdev compose up -d',
  'ask',
  'kdev explain orders postgres:5432',
  'kdev compose down',
  'ask',
];

const stage = await openStage({ keep: false });
try {
  const events = await record(stage);
  const header = { version: 2, width: columns, height: rows, title: 'kdev' };
  const lines = [header, ...events.map(([at, text]) => [Number(at.toFixed(3)), 'o', text])];
  await writeFile(
    join(docs, 'recording.cast'),
    `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`,
  );
  const svg = await drawRecording(events, { columns, rows });
  await writeFile(join(docs, 'recording.svg'), svg);
  tell(
    `docs/recording.svg: ${Math.round(svg.length / 1000)} kB, ${events.at(-1)?.[0].toFixed(1)} s`,
  );
} finally {
  await stage.close();
}

/** Once unseen, so that every image is there; then the commands, each looked at for a moment. */
async function record({ kdev, kubectl, env }: Stage): Promise<readonly OutputEvent[]> {
  await kdev('compose', 'up', '-d');
  await kdev('compose', 'down');
  const programs = await mkdtemp(join(tmpdir(), 'kdev-recording-'));
  try {
    const main = join(shopFolder, '../../dist/kdev.mjs');
    await addProgram(join(programs, 'kdev'), `"${process.execPath}" "${main}"`);
    await addProgram(join(programs, 'kubectl'), `"${kubectl}"`);
    const path = `${programs}${delimiter}${process.env['PATH']}`;
    const session = await TerminalSession.open({
      columns,
      rows,
      cwd: shopFolder,
      env: { ...process.env, ...env, PATH: path },
    });
    for (const command of commands) {
      await session.type(command);
      await delay(lookMs);
    }
    const events = [...session.events];
    await session.close();
    return events;
  } finally {
    await rm(programs, { recursive: true });
  }
}

async function addProgram(file: string, command: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\nexec ${command} "$@"\n`);
  await chmod(file, 0o755);
}
