import {
  type ComposeCommandLine,
  flagArguments,
  flagValues,
  isDryRun,
  namedServices,
} from '../compose/command-line.ts';
import { type ComposeRun, runComposeByName } from '../compose/run-compose.ts';
import { listContainers } from '../docker/containers.ts';
import { connectEngine } from '../docker/engine.ts';
import { composeProjectLabel } from '../docker/labels.ts';
import { findSession } from '../session/join-session.ts';
import { downProject } from './down.ts';
import { settleAftermath } from './lead.ts';
import { heedTerminal, tellCompose } from './names-only.ts';
import { passThrough } from './pass-through.ts';
import { partsOf, stopServices } from './stop.ts';
import type { Story } from './story.ts';

/** A project whose files are elsewhere is known by its name: Compose finds its containers, and who ends it ends its session. */
export async function runByName(
  commandLine: ComposeCommandLine,
  openStory: () => Story,
): Promise<number> {
  const { command = '' } = commandLine;
  const end = isDryRun(commandLine) ? undefined : ends[command];
  if (!end) return await passThrough(commandLine);
  const name =
    flagValues(commandLine, '--project-name').at(-1) ?? process.env['COMPOSE_PROJECT_NAME'] ?? '';
  const story = openStory();
  try {
    return await end(name, commandLine, story);
  } finally {
    story.end();
  }
}

type End = (name: string, commandLine: ComposeCommandLine, story: Story) => Promise<number>;

const ends: Readonly<Partial<Record<string, End>>> = {
  down: downByName,
  stop: stopByName,
};

async function downByName(
  name: string,
  commandLine: ComposeCommandLine,
  story: Story,
): Promise<number> {
  const named = namedServices(commandLine, await servicesOf(name));
  if (named.length > 0) return await stopByName(name, commandLine, story);
  return await downProject(name, story, () => start(commandLine, { signals: 'caller' }));
}

/** Or `down` of some services. */
async function stopByName(
  name: string,
  commandLine: ComposeCommandLine,
  story: Story,
): Promise<number> {
  await settleAftermath(name, story);
  const [served, all] = await Promise.all([servedBy(name), servicesOf(name)]);
  const named = namedServices(commandLine, all);
  const stopped = named.length > 0 ? served.filter((service) => named.includes(service)) : served;
  const parts = named.length > 0 ? stopped.flatMap(partsOf) : [];
  const run = async () => {
    const compose = start(commandLine, { signals: 'terminal', more: parts });
    heedTerminal(compose);
    return await tellCompose(compose, story);
  };
  return await stopServices(name, { stopped, run, story });
}

async function servedBy(project: string): Promise<readonly string[]> {
  const session = await findSession(project);
  const facts = await session?.call('facts', {}).finally(() => session.close());
  return facts?.services.map(({ decision }) => decision.service) ?? [];
}

async function servicesOf(project: string): Promise<readonly string[]> {
  const labels = { [composeProjectLabel]: project };
  const containers = await listContainers(await connectEngine(), labels);
  return [...new Set(containers.map(({ service }) => service))];
}

interface How extends Pick<ComposeRun, 'signals'> {
  readonly more?: readonly string[];
}

function start(commandLine: ComposeCommandLine, { signals, more = [] }: How) {
  const { command = '', rest } = commandLine;
  const globalFlags = ['--progress=plain', ...flagArguments(commandLine, ['--progress', '--ansi'])];
  const args = [...rest, ...more];
  const around = { directory: process.cwd(), environment: process.env, signals };
  return runComposeByName({ globalFlags, command, args }, around);
}
