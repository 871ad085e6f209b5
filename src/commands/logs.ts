import { existsSync } from 'node:fs';
import { paint } from '../screen/paint.ts';
import { folderOf } from '../session/join-session.ts';
import type { HowToReadLog } from '../session/read-session-log.ts';
import { askStatus } from './ask-status.ts';
import type { Around } from './command.ts';
import { misused, parseCommand } from './command-form.ts';
import { logsForm } from './forms/logs-form.ts';
import { inRunsWords } from './in-runs-words.ts';
import { type LogLine, parseLogLine, timeWords } from './log-line.ts';
import {
  agentSources,
  type LogSource,
  noAgents,
  sessionSource,
  sidecarSources,
} from './log-sources.ts';
import {
  openProject,
  openProjectOf,
  type ProjectOptions,
  type ServedProject,
} from './open-project.ts';
import { resultTerminal } from './results.ts';
import { openStory, type Story } from './story.ts';
import { interceptedServices } from './work.ts';

interface LogsOptions extends ProjectOptions {
  readonly sidecar?: boolean;
  readonly agent?: boolean;
  readonly session?: boolean;
  readonly follow?: boolean;
  readonly tail?: string;
  readonly output: 'text' | 'json';
}

/** `kdev logs`: by time where they are read to their end, as they come where they are followed. */
export async function logs(args: readonly string[], around: Around): Promise<number> {
  const asked = parseCommand<LogsOptions>(logsForm, args);
  if (!asked) return 0;
  const { options, words } = asked;
  const tail = tailOf(options);
  const [service] = words;
  const work: ServedProject = await (service === undefined
    ? openProject(options)
    : openProjectOf(service, options));
  const find = () => sourcesOf(work, service, options);
  const sources = await (work.run ? inRunsWords(work.run, find) : find());
  const stop = new AbortController();
  // Whoever reads may have had enough.
  process.stdout.once('error', () => stop.abort());
  process.once('SIGINT', () => stop.abort());
  const how = { isFollowed: options.follow ?? false, tail, signal: stop.signal };
  const print = printer(sources, options);
  const story = openStory(around);
  const hasOnlySession = sources.every(({ name }) => name === 'session');
  const isNothing = hasOnlySession && !existsSync(folderOf(work.project.name).log);
  if (isNothing)
    story.say('No session runs, and none has left a log. kdev compose up -d starts one.');
  if (how.isFollowed) await followAll(sources, how, { print, story });
  else await readAll(sources, how, print);
  return 0;
}

type Print = (source: LogSource, line: string) => void;

async function sourcesOf(work: ServedProject, service: string | undefined, options: LogsOptions) {
  const { sidecar = false, agent = false, session = false } = options;
  const isAll = !(sidecar || agent || session);
  const { name } = work.project;
  const services = service === undefined ? interceptedServices(work) : [service];
  const status = isAll || agent ? await askStatus(name) : undefined;
  if (agent && !status) throw noAgents(name);
  return [
    ...(isAll || session ? [sessionSource(name)] : []),
    ...(isAll || sidecar ? await sidecarSources(name, services) : []),
    ...(status ? agentSources(status, services) : []),
  ];
}

async function readAll(sources: readonly LogSource[], how: HowToReadLog, print: Print) {
  const lines = (await Promise.all(sources.map((source) => linesOf(source, how)))).flat();
  // Lines without a time stay behind the one that they follow: the sort is stable.
  lines.sort((one, other) => one.atMs - other.atMs);
  for (const { source, line } of lines) print(source, line);
}

async function linesOf(source: LogSource, how: HowToReadLog) {
  const lines: { source: LogSource; line: string; atMs: number }[] = [];
  for await (const line of source.read(how)) {
    const atMs = parseLogLine(line).at?.getTime() ?? lines.at(-1)?.atMs ?? 0;
    lines.push({ source, line, atMs });
  }
  return lines;
}

async function followAll(
  sources: readonly LogSource[],
  how: HowToReadLog,
  { print, story }: { readonly print: Print; readonly story: Story },
) {
  await Promise.all(
    sources.map(async (source) => {
      for await (const line of source.read(how)) print(source, line);
      if (!how.signal.aborted) story.say(`${source.name}: the log has ended`);
    }),
  );
}

function printer(sources: readonly LogSource[], { output }: LogsOptions): Print {
  const terminal = resultTerminal();
  const width = Math.max(...sources.map(({ name }) => name.length));
  return ({ name }, line) => {
    if (output === 'json') {
      process.stdout.write(`${line.startsWith('{') ? line : JSON.stringify(parseLogLine(line))}\n`);
      return;
    }
    const whose = sources.length > 1 ? paint(terminal, 'cyan', `${name.padEnd(width)} | `) : '';
    process.stdout.write(`${whose}${lineText(parseLogLine(line))}\n`);
  };
}

function lineText({ at, text }: LogLine): string {
  return at ? `${timeWords(at, new Date())} ${text}` : text;
}

function tailOf({ tail }: LogsOptions): number | undefined {
  if (tail === undefined || tail === 'all') return undefined;
  if (/^\d{1,9}$/.test(tail)) return Number(tail);
  throw misused(logsForm, `--tail takes a number of lines, not ${tail}`);
}
