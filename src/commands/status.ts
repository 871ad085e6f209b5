import { type ContainerFact, listContainers } from '../docker/containers.ts';
import { connectEngine } from '../docker/engine.ts';
import { composeProjectLabel } from '../docker/labels.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import { type Aftermath, readAftermath } from '../session/aftermath.ts';
import type { SessionStatus } from '../session/control.ts';
import { connectControl } from '../session/control-client.ts';
import { listProjectFolders, ownRuntimeRoot } from '../session/runtime-folder.ts';
import { parseCommand } from './command-form.ts';
import { statusForm } from './forms/status-form.ts';
import { aftermathWords } from './lead.ts';
import { dataText, resultTerminal, type WordsFormat } from './results.ts';
import { statusTable, statusWords } from './status-words.ts';
import { containerTroubles, stoppedServices } from './stopped-services.ts';
import { watch } from './watch.ts';

interface StatusOptions {
  readonly watch?: boolean;
  readonly output: WordsFormat;
}

/** `kdev status`: every session of this user on this machine, and what waits for a start. */
export async function status(args: readonly string[]): Promise<number> {
  const asked = parseCommand<StatusOptions>(statusForm, args);
  if (!asked) return 0;
  const { output, watch: isWatched = false } = asked.options;
  if (isWatched) await watch(() => lookAt(output, { isOneLine: true }), output);
  else process.stdout.write(await lookAt(output, { isOneLine: false }));
  return 0;
}

async function lookAt(
  format: WordsFormat,
  { isOneLine }: { readonly isOneLine: boolean },
): Promise<string> {
  const { sessions, stopped, containers, died } = await readStatus();
  if (format === 'json' || format === 'yaml') {
    return await dataText(format, { sessions, stopped, died }, { isOneLine });
  }
  if (sessions.length + stopped.length === 0) {
    return `No session runs. kdev compose up -d starts one.\n${diedText(died)}`;
  }
  const troubles = containers ? containerTroubles(containers, sessions) : new Map();
  const all = { sessions, stopped, troubles };
  const how = { isWide: format === 'wide', now: new Date(), terminal: resultTerminal() };
  const text = format === 'table' ? statusTable(all, how) : statusWords(all, how);
  return `${text}\n${diedText(died)}`;
}

function diedText(died: readonly Aftermath[]): string {
  return died.map((one) => `\n${aftermathWords(one)}\nkdev logs --session says why\n`).join('');
}

/** Every session of this user here, and what of their projects waits for a start. */
export async function readStatus() {
  const root = ownRuntimeRoot();
  const [sessions, containers] = await Promise.all([askSessions(root), listProjects()]);
  const died = listProjectFolders(root).flatMap((folder) => readAftermath(folder) ?? []);
  return { sessions, containers, died, stopped: stoppedServices(containers ?? [], sessions, root) };
}

/** The containers of all compose projects; undefined where no engine answers, of which the sessions tell. */
async function listProjects(): Promise<readonly ContainerFact[] | undefined> {
  try {
    return await listContainers(await connectEngine(), { [composeProjectLabel]: undefined });
  } catch {
    return undefined;
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
