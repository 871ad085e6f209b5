import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { type ContainerFact, listContainers } from '../docker/containers.ts';
import { connectEngine } from '../docker/engine.ts';
import { composeProjectLabel } from '../docker/labels.ts';
import { kdevError } from '../errors/kdev-error.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import type { SessionStatus } from '../session/control.ts';
import { connectControl } from '../session/control-client.ts';
import { listProjectFolders, runtimeRoot } from '../session/runtime-folder.ts';
import { statusTable, statusWords } from './status-words.ts';
import { endedContainers, stoppedServices } from './stopped-services.ts';

const formats = ['words', 'wide', 'table', 'json', 'yaml'] as const;
/** Of the JSON and YAML forms: raised when a field changes its meaning or goes. */
const schemaVersion = 1;

/** `kdev status`: every session of this user on this machine, and what waits for a start. */
export async function status(args: readonly string[]): Promise<number> {
  const format = formatOf(args);
  const root = runtimeRoot(process.env, userInfo().uid);
  const [sessions, containers] = await Promise.all([askSessions(root), listProjects()]);
  const stopped = stoppedServices(containers, sessions, root);
  if (format === 'json' || format === 'yaml') {
    const value = { schemaVersion, sessions, stopped };
    if (format === 'json') process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    else process.stdout.write((await import('yaml')).stringify(value));
    return 0;
  }
  if (sessions.length + stopped.length === 0) {
    process.stdout.write('No session runs. kdev compose up -d starts one.\n');
    return 0;
  }
  const isWide = format === 'wide';
  const now = new Date();
  const all = { sessions, stopped, ended: endedContainers(containers) };
  const text = format === 'table' ? statusTable(all, now) : statusWords(all, { isWide, now });
  process.stdout.write(`${text}\n`);
  return 0;
}

/** The containers of all compose projects; none where no engine answers, of which the sessions tell. */
async function listProjects(): Promise<readonly ContainerFact[]> {
  try {
    return await listContainers(await connectEngine(), { [composeProjectLabel]: undefined });
  } catch {
    return [];
  }
}

async function askSessions(root: string): Promise<SessionStatus[]> {
  const { version } = installedPackage();
  const folders = listProjectFolders(root);
  const answers = await Promise.all(
    folders.map(async ({ controlSocket }) => {
      const client = await connectControl(controlSocket, version);
      if (!client) return [];
      try {
        return [await client.call('status', {})];
      } finally {
        client.close();
      }
    }),
  );
  return answers.flat();
}

function formatOf(args: readonly string[]): (typeof formats)[number] {
  let output: string;
  try {
    const options = { output: { type: 'string', short: 'o', default: 'words' } } as const;
    output = parseArgs({ args: [...args], options }).values.output;
  } catch (cause) {
    throw misused(cause instanceof Error ? cause.message : String(cause));
  }
  const format = formats.find((name) => name === output);
  if (format === undefined) throw misused(`kdev status has no format ${output}`);
  return format;
}

function misused(fact: string) {
  return kdevError('COMMAND_LINE', {
    fact,
    hints: [{ who: 'you', text: `-o ${formats.join(', ')}`, command: 'kdev status -o json' }],
  });
}
