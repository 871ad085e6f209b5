import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { kdevError } from '../errors/kdev-error.ts';
import { installedPackage } from '../runtime/installed-package.ts';
import type { SessionStatus } from '../session/control.ts';
import { connectControl } from '../session/control-client.ts';
import { listProjectFolders, runtimeRoot } from '../session/runtime-folder.ts';
import { statusTable, statusWords } from './status-words.ts';

const formats = ['words', 'wide', 'table', 'json', 'yaml'] as const;
/** Of the JSON and YAML forms: raised when a field changes its meaning or goes. */
const schemaVersion = 1;

/** `kdev status`: every session of this user on this machine. */
export async function status(args: readonly string[]): Promise<number> {
  const format = formatOf(args);
  const sessions = await askSessions();
  if (format === 'json' || format === 'yaml') {
    const value = { schemaVersion, sessions };
    if (format === 'json') process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    else process.stdout.write((await import('yaml')).stringify(value));
    return 0;
  }
  if (sessions.length === 0) {
    process.stdout.write('No session runs. kdev compose up -d starts one.\n');
    return 0;
  }
  const isWide = format === 'wide';
  const now = new Date();
  const text =
    format === 'table' ? statusTable(sessions, now) : statusWords(sessions, { isWide, now });
  process.stdout.write(`${text}\n`);
  return 0;
}

async function askSessions(): Promise<SessionStatus[]> {
  const { version } = installedPackage();
  const folders = listProjectFolders(runtimeRoot(process.env, userInfo().uid));
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
